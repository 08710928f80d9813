package userinfo_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
)

// TestClaimsOfOthersGoByScope: aggregated and distributed claims are passed on for the scopes that would release
// them, with their own sources alone (OIDC Core section 5.6.2).
func TestClaimsOfOthersGoByScope(t *testing.T) {
	aggregated := map[string]any{"JWT": "eyJhbGciOiJFUzI1NiJ9.e30.c2ln"}
	distributed := map[string]any{"endpoint": "https://bank.example/claims", "access_token": "secret"}
	cfg := granttest.Standard()
	cfg.Users[0].Claims["_claim_names"] = map[string]any{"birthdate": "civil", "phone_number": "phones", "zoneinfo": "civil"}
	cfg.Users[0].Claims["_claim_sources"] = map[string]any{"civil": aggregated, "phones": distributed}
	for _, c := range cfg.Clients {
		c.Scopes = append(c.Scopes, "phone")
	}
	h := openAs(t, granttest.New(t), cfg)

	for scopes, want := range map[string]map[string]any{
		"openid": {},
		"openid email": {
			"email": "alice@example.com", "email_verified": true,
		},
		"openid phone": {
			"_claim_names":   map[string]any{"phone_number": "phones"},
			"_claim_sources": map[string]any{"phones": distributed},
		},
		"openid profile": {
			"name": "Alice Example", "preferred_username": "alice",
			"_claim_names":   map[string]any{"birthdate": "civil", "zoneinfo": "civil"},
			"_claim_sources": map[string]any{"civil": aggregated},
		},
	} {
		want["sub"] = "sub-of-alice"
		issued := h.Issue(t, "web", scopes)
		got := h.do(get("Bearer " + issued.AccessToken))
		var claims map[string]any
		if err := json.Unmarshal(got.Body.Bytes(), &claims); err != nil || got.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", scopes, got.Code, got.Body)
		}
		if diff := cmp.Diff(want, claims); diff != "" {
			t.Errorf("%s (-want +got):\n%s", scopes, diff)
		}
		token, err := h.Grants.Introspect(t.Context(), issued.AccessToken)
		if err != nil || token.Claims["_claim_sources"] != nil || token.Claims["_claim_names"] != nil {
			t.Errorf("a resource sees the sources: %v, %v", token.Claims, err)
		}
	}
}
