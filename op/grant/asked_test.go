package grant_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

// A client asks by name for nothing that no scope of its own would release.
func TestMust059_AskableByTheClient(t *testing.T) {
	v := granttest.New(t).View(t, granttest.Standard())
	asked, err := oauth.ParseClaims(`{
		"userinfo": {"email": null, "phone_number": null, "groups": null, "name#ja": null, "sub": null},
		"id_token": {"nickname": {"essential": true}, "address": {"essential": true}, "acr": null, "aud": null}}`)
	if err != nil {
		t.Fatal(err)
	}
	got := v.Grants.Askable(asked, v.Client(t, "web")) // whose scopes are openid, profile, email
	want := grant.AskedClaims{Userinfo: []string{"email", "name#ja"}, IDToken: []string{"nickname"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := v.Grants.Askable(asked, v.Client(t, "worker")); !got.IsZero() {
		t.Errorf("a client without such scopes may ask for %v", got)
	}
}

// claimed is a grant of openid and offline_access alone, whose client asked for claims by name.
func claimed(t *testing.T, v *granttest.View) (grant.Grant, *grant.Issued) {
	t.Helper()
	g := v.Granting(t, v.SignIn(t, "alice"), "web", "openid offline_access")
	g.Claims = grant.AskedClaims{Userinfo: []string{"email"}, IDToken: []string{"name", "email_verified", "nickname"}}
	return g, v.Redeem(t, "web", v.Authorize(t, g, grant.CodeRequest{}))
}

func TestIDTokenClaims(t *testing.T) {
	w := granttest.New(t)
	v := w.View(t, granttest.Standard())
	_, issued := claimed(t, v)
	want := map[string]any{"name": "Alice Example", "email_verified": true} // she has no nickname
	if diff := cmp.Diff(want, issued.IDTokenClaims); diff != "" {
		t.Errorf("with the code: %s", diff)
	}
	refreshed, err := v.Grants.Rotate(t.Context(), v.Client(t, "web"), issued.RefreshToken, grant.Narrowing{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, refreshed.IDTokenClaims); diff != "" {
		t.Errorf("refreshed: %s", diff)
	}
	if plain := v.Issue(t, "web", "openid profile email"); plain.IDTokenClaims != nil {
		t.Errorf("scopes alone put %v into an ID token", plain.IDTokenClaims)
	}
	service, err := v.Grants.ClientCredentials(t.Context(), v.Client(t, "worker"), oauth.Scopes{"api:read"}, []string{granttest.API}, grant.Possession{})
	if err != nil || service.IDTokenClaims != nil {
		t.Errorf("a service: %v, %v", service, err)
	}
	told, err := v.Grants.Introspect(t.Context(), refreshed.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"email"}, told.UserinfoClaims); diff != "" {
		t.Errorf("for userinfo: %s", diff)
	}

	// What the operator takes away from the client is taken from the tokens that are about as well.
	narrower := granttest.Standard()
	narrower.Clients[0].Scopes = oauth.Scopes{"openid", "offline_access", "api:read"}
	v = w.View(t, narrower)
	told, err = v.Grants.Introspect(t.Context(), refreshed.AccessToken)
	if err != nil || told.UserinfoClaims != nil {
		t.Errorf("without the scope there still are %v, %v", told.UserinfoClaims, err)
	}
	again, err := v.Grants.Rotate(t.Context(), v.Client(t, "web"), refreshed.RefreshToken, grant.Narrowing{})
	if err != nil || len(again.IDTokenClaims) > 0 {
		t.Errorf("without the scope the ID token has %v, %v", again.IDTokenClaims, err)
	}
}

// With no access token to ask userinfo with, scopes count for the ID token (OIDC Core section 5.4).
func TestIDTokenClaimsOfScopes(t *testing.T) {
	v := granttest.New(t).View(t, granttest.Standard())
	g := v.Granting(t, v.SignIn(t, "alice"), "web", "openid email")
	alice, err := v.Users.Lookup(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	got := v.Grants.IDTokenClaims(&g, v.Client(t, "web"), alice, g.Scopes)
	if diff := cmp.Diff(map[string]any{"email": "alice@example.com", "email_verified": true}, got); diff != "" {
		t.Error(diff)
	}
	if got := v.Grants.IDTokenClaims(&g, v.Client(t, "web"), nil, g.Scopes); got != nil {
		t.Errorf("of nobody: %v", got)
	}
}

// What there is no room for is left out: an ID token that cannot be made would be a code spent for nothing.
func TestIDTokenClaimsFitIntoAToken(t *testing.T) {
	v := granttest.New(t).View(t, granttest.Standard())
	g := v.Granting(t, v.SignIn(t, "alice"), "web", "openid")
	big := &user.User{Name: "alice", Claims: map[string]any{
		"family_name": "Example", "given_name": strings.Repeat("<", 900), "name": strings.Repeat("x", 3900), "picture": "https://e.example/" + strings.Repeat("p", 5000),
	}}
	g.Claims.IDToken = []string{"name", "given_name", "family_name", "picture"}
	got := v.Grants.IDTokenClaims(&g, v.Client(t, "web"), big, nil)
	encoded, err := json.Marshal(got)
	if err != nil || len(encoded) > 4<<10 {
		t.Errorf("%d bytes, %v", len(encoded), err)
	}
	if got["family_name"] != "Example" || got["name"] == nil || got["picture"] != nil || got["given_name"] != nil {
		t.Errorf("%d claims are left, of %d bytes", len(got), len(encoded))
	}
}

// A grant that was stored before claims could be asked for reads as one that asks for none.
func TestGrantsWithoutClaims(t *testing.T) {
	encoded, err := json.Marshal(grant.Grant{ID: "g"})
	if err != nil || strings.Contains(string(encoded), "claims") {
		t.Errorf("%s, %v", encoded, err)
	}
	for _, text := range []string{`{"id":"g"}`, `{"id":"g","claims":null}`} {
		var g grant.Grant
		if err := json.Unmarshal([]byte(text), &g); err != nil || !g.Claims.IsZero() {
			t.Errorf("%s: %v, %v", text, g.Claims, err)
		}
	}
}
