package op_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

const page = "https://app.example"

// paged is a provider with a client whose pages are at page.
func paged(t *testing.T) *op.Provider {
	t.Helper()
	cfg := config()
	cfg.Clients = append(cfg.Clients, &op.Client{
		ID: "app", AuthMethods: []string{oauth.AuthNone}, RedirectURIs: []string{page + "/callback"}, Scopes: oauth.Scopes{"openid"},
	})
	return start(t, cfg, open(t, op.Location{Driver: op.DriverMemory}))
}

// crossing sends a request as a script of an origin does; a method after OPTIONS is that of a preflight.
func crossing(t *testing.T, p *op.Provider, method, path, origin string) *http.Response {
	t.Helper()
	method, asked, _ := strings.Cut(method, " ")
	r := httptest.NewRequest(method, p.Issuer()+path, nil)
	r.Header.Set("Origin", origin)
	if asked != "" {
		r.Header.Set("Access-Control-Request-Method", asked)
	}
	endpoint, ok := p.Handler(r)
	if !ok {
		t.Fatalf("nobody answers %s", path)
	}
	w := httptest.NewRecorder()
	endpoint.ServeHTTP(w, r)
	return w.Result()
}

// granted is the one CORS header that lets a script read, after a look that there is no other with credentials.
func granted(t *testing.T, answer *http.Response) string {
	t.Helper()
	if answer.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("with credentials: %v", answer.Header)
	}
	return strings.Join(answer.Header.Values("Access-Control-Allow-Origin"), " and ")
}

var everyMethod = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, "OPTIONS GET", "OPTIONS POST",
}

func TestMust023_NoCORSOnPagesAndTheAuthorizationEndpoint(t *testing.T) {
	p := paged(t)
	for _, path := range []string{"/authorize", "/consent", "/login", "/account", "/introspect", "/assets/gatehouse.css", "/authorize?interaction=x", "/login?x=y"} {
		for _, method := range everyMethod {
			for _, origin := range []string{page, p.Issuer(), "null", "https://evil.example"} {
				answer := crossing(t, p, method, path, origin)
				for name := range answer.Header {
					if strings.HasPrefix(name, "Access-Control-") {
						t.Errorf("%s %s from %s: %s: %s", method, path, origin, name, answer.Header.Get(name))
					}
				}
			}
		}
	}
}

func TestThreat100_WhoMayReadWhat(t *testing.T) {
	p := paged(t)
	for _, path := range []string{
		"/jwks", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/.well-known/webfinger", fingerPath + "id.example.com",
	} {
		for _, method := range everyMethod {
			if got := granted(t, crossing(t, p, method, path, "https://anybody.example")); got != "*" {
				t.Errorf("%s %s: %q", method, path, got)
			}
		}
	}
	for _, path := range []string{"/token", "/userinfo", "/revoke"} {
		for _, method := range everyMethod {
			for origin, want := range map[string]string{page: page, "null": "", "https://evil.example": "", page + ":443": "", "http://app.example": ""} {
				answer := crossing(t, p, method, path, origin)
				if got := granted(t, answer); got != want || answer.Header.Get("Vary") != "Origin" {
					t.Errorf("%s %s from %s: %q, Vary %q", method, path, origin, got, answer.Header.Get("Vary"))
				}
			}
		}
		if got := crossing(t, p, "OPTIONS POST", path, page); got.StatusCode != http.StatusNoContent {
			t.Errorf("a preflight of %s: %s", path, got.Status)
		}
	}
}
