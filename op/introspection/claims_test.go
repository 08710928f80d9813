package introspection_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// claimsOf are the members of an answer that tell of the person as a person.
func claimsOf(told map[string]any) map[string]any {
	told = maps.Clone(told)
	for _, own := range []string{
		"active", "iss", "sub", "client_id", "aud", "scope", "exp", "iat", "jti", "token_type", "username", "auth_time", "acr", "amr",
	} {
		delete(told, own)
	}
	return told
}

func TestResourceServerIsToldTheClaimsOfItsResource(t *testing.T) {
	cfg := granttest.Standard()
	cfg.Resources = slices.Clone(cfg.Resources)
	cfg.Resources[0].Claims, cfg.Resources[1].Claims = []string{"groups", "nickname"}, []string{"email"}
	world := granttest.New(t)
	h := open(t, world, cfg)
	both := h.Issue(t, "web", "openid api:read vault:open offline_access", granttest.API, granttest.Vault)
	opaque := h.Issue(t, "web", "openid vault:open", granttest.Vault)
	service, err := h.Grants.ClientCredentials(t.Context(), h.Client(t, "spare"), oauth.Scopes{"api:read"}, []string{granttest.API}, grant.Possession{})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, caller, token string
		want                map[string]any
	}{
		{"of what it serves", "worker", both.AccessToken, map[string]any{"groups": []any{"staff"}}},
		{"none to the owner", "web", both.AccessToken, map[string]any{}},
		{"none to the owner of an opaque token", "web", opaque.AccessToken, map[string]any{}},
		{"none with a refresh token", "web", both.RefreshToken, map[string]any{}},
		{"none where nobody signed in", "worker", service.AccessToken, map[string]any{}},
	} {
		if diff := cmp.Diff(test.want, claimsOf(h.told(t, test.caller, test.token))); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
	if got := h.ask("other", both.AccessToken).Body.String(); got != inactive {
		t.Errorf("a stranger is told %s", got)
	}

	// What is told is as it is now, not as it was when the token was made.
	cfg.Users[0].Claims = map[string]any{"groups": []any{"guests"}, "nickname": "al"}
	later := open(t, world, cfg)
	want := map[string]any{"groups": []any{"guests"}, "nickname": "al"}
	if diff := cmp.Diff(want, claimsOf(later.told(t, "worker", both.AccessToken))); diff != "" {
		t.Error(diff)
	}
}

func TestClaimsOfAPersonTakeNoPlaceInTheAnswer(t *testing.T) {
	cfg := granttest.Standard()
	cfg.Resources = slices.Clone(cfg.Resources)
	cfg.Resources[0].Claims = []string{"groups"}
	cfg.Users[0].Claims = map[string]any{"groups": "x", "username": "root"}
	h := open(t, granttest.New(t), cfg)
	token := h.Issue(t, "web", "openid api:read").AccessToken
	body := h.ask("worker", token).Body.String()
	if !strings.Contains(body, `"groups":"x"`) || strings.Contains(body, "root") || strings.Count(body, `"username"`) != 1 {
		t.Error(body)
	}
}
