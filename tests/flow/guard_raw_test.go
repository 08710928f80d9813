package flow

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// authorized is what a good request says beside its first line.
func (h *house) authorized(token string, more ...string) raw {
	return append(raw{"Host: " + h.host(h.api), "Authorization: Bearer " + token}, more...)
}

func TestMust066_OneAuthorizationHeaderAndNothingElse(t *testing.T) {
	h := shared(t)
	token := h.person(t)
	host := "Host: " + h.host(h.api)
	for _, test := range []struct {
		name   string
		header raw
		status int
	}{
		{"none", raw{host}, 401},
		{"two of the same", raw{host, "Authorization: Bearer " + token, "Authorization: Bearer " + token}, 400},
		{"the good one first", raw{host, "Authorization: Bearer " + token, "authorization: Bearer nonsense"}, 400},
		{"the good one last", raw{host, "AUTHORIZATION: Basic eDp5", "Authorization: Bearer " + token}, 400},
		{"a list", raw{host, "Authorization: Bearer " + token + ", Bearer nonsense"}, 400},
		{"two tokens", raw{host, "Authorization: Bearer " + token + " " + token}, 400},
		{"nothing behind the scheme", raw{host, "Authorization: Bearer"}, 400},
		{"an empty header", raw{host, "Authorization: "}, 401},
		{"another scheme", raw{host, "Authorization: Basic " + token}, 401},
		{"another scheme that begins alike", raw{host, "Authorization: Bearerx " + token}, 401},
		{"a token without scheme", raw{host, "Authorization: " + token}, 401},
		{"DPoP", raw{host, "Authorization: DPoP " + token}, 401},
		{"another header", raw{host, "Proxy-Authorization: Bearer " + token, "X-Authorization: Bearer " + token}, 401},
		{"a cookie", raw{host, "Cookie: Authorization=Bearer " + token + "; access_token=" + token}, 401},
		{"a token of many dots", raw{host, "Authorization: Bearer " + strings.Repeat(".", 8<<10)}, 401},
		{"a token of other characters", raw{host, "Authorization: Bearer \x80\xff"}, 400},
		{"an alias of the header", raw{host, "X_Authorization: x", "Authorization_: Bearer " + token}, 401},
	} {
		h.up.untouched(t, test.name, func() {
			got := h.raw(t, "GET /orders HTTP/1.1", test.header, "")
			if got.status != test.status || got.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d %v, want %d", test.name, got.status, got.header, test.status)
			}
			challenge := got.header.Get("WWW-Authenticate")
			if scheme, _, _ := strings.Cut(challenge, " "); (scheme == "DPoP") != (test.name == "DPoP") || !strings.Contains(challenge, " realm=") {
				t.Errorf("%s: challenge %q", test.name, challenge)
			}
			if strings.Contains(challenge+got.body, token) {
				t.Errorf("%s: the answer tells the token", test.name)
			}
		})
	}
	for _, scheme := range []string{"Bearer ", "bearer ", "BEARER ", "Bearer   "} { // RFC 9110 section 11.1: in any case
		if got := h.raw(t, "GET /orders HTTP/1.1", raw{host, "Authorization: " + scheme + token}, ""); got.status != 200 {
			t.Errorf("%q: %d", scheme, got.status)
		}
	}
}

func TestThreat118_ATokenAnywhereElseIsNone(t *testing.T) {
	h := shared(t)
	token := h.person(t)
	h.up.untouched(t, "the query", func() {
		if got := h.call(t, "/orders?access_token="+token, ""); got.StatusCode != http.StatusUnauthorized || strings.Contains(got.Header.Get("WWW-Authenticate"), "error=") {
			t.Errorf("the query: %s %v", got.Status, got.Header)
		}
	})
	h.up.untouched(t, "the form", func() {
		if got := harness.Post(t, h.back, h.api+"/orders", url.Values{"access_token": {token}}); got.StatusCode != http.StatusUnauthorized {
			t.Errorf("the form: %s", got.Status)
		}
	})
}

func TestThreat054_ScopesAreAskedAnewOnEveryRoute(t *testing.T) {
	h := shared(t)
	both := h.issue(t, "web", "scope", "openid api:read api:write", "resource", h.api, "resource", h.extra)
	code, verifier := h.code(t, "web", "scope", "openid api:read api:write offline_access", "prompt", "consent", "resource", h.api, "resource", h.extra)
	wide := h.redeem(t, "web", code, verifier)
	narrow := h.refresh(t, "web", wide.Refresh, "scope", "openid api:read")
	for range 2 { // the second time, all is remembered
		for _, test := range []struct {
			path, token string
			status      int
		}{
			{"/read/x", both.Access, 200}, {"/write/x", both.Access, 200}, {"/read/x", narrow.Access, 200}, {"/write/x", narrow.Access, 403},
		} {
			before := h.up.hits()
			got := harness.Get(t, h.back, h.extra+test.path, "Authorization", "Bearer "+test.token)
			if got.StatusCode != test.status {
				t.Errorf("%s: %s, want %d", test.path, got.Status, test.status)
			}
			if test.status != 200 && (h.up.hits() != before || !strings.Contains(got.Header.Get("WWW-Authenticate"), `error="insufficient_scope"`) ||
				!strings.Contains(got.Header.Get("WWW-Authenticate"), `scope="api:write"`)) {
				t.Errorf("%s: %d hits, %v", test.path, h.up.hits()-before, got.Header)
			}
		}
	}
}
