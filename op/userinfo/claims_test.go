package userinfo_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
)

// Claims asked for by name come beside those of the scopes (OIDC Core section 5.5), if the person has them;
// those asked for the ID token stay there, and sub is the one that the client knows.
func TestMust059_ClaimsByName(t *testing.T) {
	cfg := granttest.Standard()
	cfg.Users[0].Claims["name#sv"] = "Alice på svenska"
	cfg.Users[0].Claims["subject"] = "another"
	h := openAs(t, granttest.New(t), cfg)
	for name, tt := range map[string]struct {
		scopes string
		asked  grant.AskedClaims
		want   map[string]any
	}{
		"none":                         {"openid", grant.AskedClaims{}, map[string]any{}},
		"one":                          {"openid", grant.AskedClaims{Userinfo: []string{"email_verified"}}, map[string]any{"email_verified": true}},
		"beside a scope":               {"openid email", grant.AskedClaims{Userinfo: []string{"name"}}, map[string]any{"name": "Alice Example", "email": "alice@example.com", "email_verified": true}},
		"of the scope":                 {"openid email", grant.AskedClaims{Userinfo: []string{"email"}}, map[string]any{"email": "alice@example.com", "email_verified": true}},
		"one she has not":              {"openid", grant.AskedClaims{Userinfo: []string{"nickname", "name#ja"}}, map[string]any{}},
		"one of no scope":              {"openid", grant.AskedClaims{Userinfo: []string{"groups", "subject"}}, map[string]any{}},
		"one of the client's no scope": {"openid", grant.AskedClaims{Userinfo: []string{"phone_number"}}, map[string]any{}},
		"for the ID token":             {"openid", grant.AskedClaims{IDToken: []string{"name"}}, map[string]any{}},
		"with a tag":                   {"openid", grant.AskedClaims{Userinfo: []string{"name#sv"}}, map[string]any{"name#sv": "Alice på svenska"}},
		"in a language":                {"openid", grant.AskedClaims{Userinfo: []string{"name"}, Locales: []string{"sv"}}, map[string]any{"name": "Alice på svenska"}},
		"a scope's, in many":           {"openid profile", grant.AskedClaims{Locales: []string{"sv", "ja"}}, map[string]any{"name": "Alice Example", "name#sv": "Alice på svenska", "preferred_username": "alice"}},
		"sub":                          {"openid", grant.AskedClaims{Userinfo: []string{"sub"}}, map[string]any{}},
	} {
		t.Run(name, func(t *testing.T) {
			g := h.Granting(t, h.SignIn(t, "alice"), "web", tt.scopes)
			g.Claims = tt.asked
			issued := h.Redeem(t, "web", h.Authorize(t, g, grant.CodeRequest{}))
			got := h.do(get("Bearer " + issued.AccessToken))
			var told map[string]any
			if err := json.Unmarshal(got.Body.Bytes(), &told); err != nil || got.Code != http.StatusOK {
				t.Fatalf("%d %s", got.Code, got.Body)
			}
			tt.want["sub"] = "sub-of-alice"
			if diff := cmp.Diff(tt.want, told); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
