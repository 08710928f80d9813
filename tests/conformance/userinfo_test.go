package conformance

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// ways are those to ask userinfo (OIDC Core section 5.3.1).
var ways = map[string]func(t *testing.T, r *run, token string) harness.Answer{
	"oidcc-userinfo-get": func(t *testing.T, r *run, token string) harness.Answer {
		return harness.Get(t, r.back, r.issuer+"/userinfo", "Authorization", "Bearer "+token)
	},
	"oidcc-userinfo-post-header": func(t *testing.T, r *run, token string) harness.Answer {
		return harness.Post(t, r.back, r.issuer+"/userinfo", nil, "Authorization", "Bearer "+token)
	},
	"oidcc-userinfo-post-body": func(t *testing.T, r *run, token string) harness.Answer {
		return harness.Post(t, r.back, r.issuer+"/userinfo", url.Values{"access_token": {token}})
	},
}

// tell asks userinfo for what it tells. With response_type=id_token there is no access token to ask with, and the ID
// token tells (OIDC Core section 5.4).
func (r *run) tell(t *testing.T, g *got) {
	t.Helper()
	if g.access == "" {
		g.told = claimsOf(t, g.id())
		return
	}
	g.told = userinfo(t, ways["oidcc-userinfo-get"](t, r, g.access))
	if g.told["sub"] != g.id().Subject {
		t.Errorf("userinfo is about %v, the ID token about %s", g.told["sub"], g.id().Subject)
	}
}

func userinfo(t *testing.T, answer harness.Answer) map[string]any {
	t.Helper()
	told := map[string]any{}
	if err := json.Unmarshal([]byte(answer.Text), &told); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("userinfo: %s %s", answer.Status, answer.Text)
	}
	return told
}

// askUserinfo is the three modules that ask userinfo, each in its way.
func askUserinfo(way string) func(*testing.T, *run) {
	return func(t *testing.T, r *run) {
		g := r.finish(t, r.signIn(t))
		told := userinfo(t, ways[way](t, r, g.access))
		if told["sub"] != g.id().Subject {
			t.Errorf("userinfo is about %v, the ID token about %s", told["sub"], g.id().Subject)
		}
	}
}

// askScopes wants the claims of these scopes and of no other.
func askScopes(scopes ...string) func(*testing.T, *run) {
	return func(t *testing.T, r *run) {
		asked, granted := "openid", map[string]bool{}
		for _, scope := range scopes {
			asked, granted[scope] = asked+" "+scope, true
		}
		g := r.finish(t, r.signIn(t, "scope", asked))
		for scope, claims := range everyClaim {
			for _, claim := range claims {
				if _, told := g.told[claim]; told != granted[scope] {
					t.Errorf("%s is told: %v", claim, told)
				}
			}
		}
		typed(t, g.told)
	}
}

// typed holds claims to the types of OIDC Core section 5.1.
func typed(t *testing.T, told map[string]any) {
	t.Helper()
	for claim, value := range told {
		ok := true
		switch claim {
		case "email_verified", "phone_number_verified":
			_, ok = value.(bool)
		case "updated_at":
			_, ok = value.(float64)
		case "address":
			_, ok = value.(map[string]any)
		case "name", "email", "phone_number", "locale", "birthdate", "sub":
			_, ok = value.(string)
		}
		if !ok {
			t.Errorf("%s is a %T", claim, value)
		}
	}
}
