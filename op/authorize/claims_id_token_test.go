package authorize_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// OIDC Core sections 5.4 and 5.5: what is asked for the ID token by name is in it, whatever the response type;
// what the scopes release is in it only when nothing else was given that could fetch it.
func TestClaimsOfTheIDTokenAtTheAuthorizationEndpoint(t *testing.T) {
	h := newHouse(t, func(h *house) {
		h.offered = oauth.ResponseTypes
		h.users[0].Claims = map[string]any{"name": "Diana Krall", "name#sv": "Diana på svenska", "nickname": "Dina", "email": "diana@example.org"}
		own := h.clients[3]
		own.ResponseTypes, own.IDToken.Alg = oauth.ResponseTypes, keys.ES256
		own.GrantTypes = []string{oauth.GrantAuthorizationCode, oauth.GrantImplicit}
	})
	b := h.signedIn("diana", "krall")
	byName := claims(`{"id_token":{"email":{"essential":true},"phone_number":null,"acr":null},"userinfo":{"nickname":null}}`)
	email, profile := map[string]any{"email": "diana@example.org"}, map[string]any{
		"email": "diana@example.org", "name": "Diana Krall", "nickname": "Dina", "preferred_username": "diana",
	}
	swedish := maps.Clone(profile)
	swedish["name"] = "Diana på svenska"
	for name, tt := range map[string]struct {
		responseType string
		changes      []string
		want         map[string]any
	}{
		"id_token alone":               {"id_token", []string{"scope=openid profile", byName}, profile},
		"id_token alone, by scope":     {"id_token", []string{"scope=openid email"}, email},
		"id_token alone, in Swedish":   {"id_token", []string{"scope=openid profile email", "claims_locales=sv"}, swedish},
		"id_token alone, openid alone": {"id_token", []string{"scope=openid"}, map[string]any{}},
		"id_token token":               {"id_token token", []string{"scope=openid profile", byName}, email},
		"code id_token":                {"code id_token", []string{"scope=openid profile", byName}, email},
		"code id_token token":          {"code id_token token", []string{"scope=openid profile", byName}, email},
		"code id_token, by scope":      {"code id_token", []string{"scope=openid profile email"}, map[string]any{}},
	} {
		t.Run(name, func(t *testing.T) {
			v := b.authorize(asking("own", own, append(tt.changes, "response_type="+tt.responseType)...)).fragment(own)
			told := payloadOf(t, v.Get("id_token"))
			if told["acr"] != "pwd" || told["auth_time"] == nil || told["aud"] != "own" || told["nonce"] != "n" {
				t.Errorf("its own claims are %v", told)
			}
			for _, own := range []string{"iss", "sub", "aud", "iat", "exp", "nonce", "auth_time", "acr", "amr", "sid", "at_hash", "c_hash"} {
				delete(told, own)
			}
			if diff := cmp.Diff(tt.want, told); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func payloadOf(t *testing.T, jws string) map[string]any {
	t.Helper()
	parts := strings.Split(jws, ".")
	if len(parts) != 3 {
		t.Fatalf("no ID token: %q", jws)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var told map[string]any
	if err := json.Unmarshal(payload, &told); err != nil {
		t.Fatal(err)
	}
	return told
}
