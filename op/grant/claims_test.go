package grant_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
)

const reports = "https://reports.example"

// informed is Standard with resources that get claims of the person.
func informed() granttest.Config {
	cfg := granttest.Standard()
	cfg.Resources = slices.Clone(cfg.Resources)
	cfg.Resources[0].Claims = []string{"groups", "email", "email_verified", "preferred_username", "nickname"}
	cfg.Resources = append(cfg.Resources, resource.Resource{URI: reports, Scopes: oauth.Scopes{"api:read"}, Claims: []string{"name", "groups"}})
	return cfg
}

// beside are the members of a JWT access token that are not its own.
func beside(t *testing.T, w *granttest.World, token string) map[string]any {
	t.Helper()
	payload, _, err := w.Ring.Verify(t.Context(), token, "at+jwt")
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(payload, &members); err != nil {
		t.Fatal(err)
	}
	for _, own := range []string{"iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope", "auth_time", "acr", "amr"} {
		if strings.Count(string(payload), `"`+own+`":`) > 1 {
			t.Errorf("%s stands twice in %s", own, payload)
		}
		delete(members, own)
	}
	return members
}

// RFC 9068 section 2.2.3: what the resource needs to know of the person, and nothing else of them.
func TestJWTHasTheClaimsOfItsResource(t *testing.T) {
	w := granttest.New(t)
	v := w.View(t, informed())
	bob := v.Granting(t, v.SignIn(t, "bob"), "web", "openid api:read")
	service, err := v.Grants.ClientCredentials(t.Context(), v.Client(t, "worker"), oauth.Scopes{"api:read"}, []string{granttest.API}, grant.Possession{})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		token string
		want  map[string]any
	}{
		"whatever the scopes": {
			v.Issue(t, "web", "api:read").AccessToken,
			map[string]any{"groups": []any{"staff"}, "email": "alice@example.com", "email_verified": true, "preferred_username": "alice"},
		},
		"another resource": {
			v.Issue(t, "web", "openid api:read", reports).AccessToken, map[string]any{"name": "Alice Example", "groups": []any{"staff"}},
		},
		"two resources": {
			v.Issue(t, "web", "openid api:read", granttest.API, reports).AccessToken, map[string]any{"groups": []any{"staff"}},
		},
		"who has none": {
			v.Redeem(t, "web", v.Authorize(t, bob, grant.CodeRequest{})).AccessToken, map[string]any{"preferred_username": "bob"},
		},
		"a client for itself": {service.AccessToken, map[string]any{}},
	} {
		if diff := cmp.Diff(test.want, beside(t, w, test.token)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if _, err := v.Grants.Introspect(t.Context(), test.token); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Claims of a person never go by a name of the protocol, in no spelling that a reader could take for one.
func TestClaimsOfAPersonCannotSpeakForTheToken(t *testing.T) {
	held := map[string]any{
		"sub": "root", "Sub": "root", "\u017fub": "root", "SCOPE": "api:write", "Client_ID": "other", "username": "root", "active": false,
		"groups": []any{"staff"}, "nickname": "", "address": map[string]any{}, "website": nil, "email": "not asked for",
	}
	token := &grant.Token{Claims: held}
	names := slices.DeleteFunc(slices.Collect(maps.Keys(held)), func(name string) bool { return name == "email" })
	if diff := cmp.Diff(map[string]any{"groups": []any{"staff"}}, token.ClaimsNamed(names)); diff != "" {
		t.Error(diff)
	}
	if got := token.ClaimsNamed(nil); len(got) != 0 {
		t.Errorf("got %v without asking", got)
	}
}

// A token that no verifier would read is not issued, and the code it was for is as good as it was.
func TestClaimsThatDoNotFitIntoATokenFailTheRequest(t *testing.T) {
	cfg := informed()
	cfg.Users[0].Claims = map[string]any{"groups": strings.Repeat("staff ", 4000)}
	w := granttest.New(t)
	v := w.View(t, cfg)
	code := v.Authorize(t, v.Granting(t, v.SignIn(t, "alice"), "web", "openid api:read"), grant.CodeRequest{})
	read, err := v.Grants.Code(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Grants.Redeem(t.Context(), v.Client(t, "web"), read, grant.Narrowing{}); err == nil || oauth.AsError(err).Status != 500 {
		t.Fatalf("got %v", err)
	}
	smaller := w.View(t, granttest.Standard())
	if issued := smaller.Redeem(t, "web", code); issued.AccessToken == "" {
		t.Error("the code was spent")
	}
}
