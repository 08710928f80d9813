package guard

import (
	"net/http"
	"strings"
	"testing"
)

// shop is a site whose guard asks for scopes by path and method.
const shop = `@API@ {
	bind 127.0.0.1
	tls internal
	openid_guard main {
		audience @API@
		scopes shop
		public /health
		require GET /orders/* orders:read
		require POST /orders/* orders:read orders:write
		require /orders/vault/* vault
		header X-User-Id sub
	}
	reverse_proxy @UPSTREAM@
}`

func TestMust067_ScopesByPathAndMethod(t *testing.T) {
	w := build(t, plan{sites: shop})
	tokens := map[string]string{"": ""}
	for _, scope := range []string{"shop", "shop orders:read", "shop orders:read orders:write", shopScopes} {
		tokens[scope] = w.token(scope)
	}
	for _, test := range []struct {
		method, path, has string
		status            int
		needs             string
	}{
		{"GET", "/health", "", 200, ""},
		{"GET", "/", "", 401, "shop"},
		{"GET", "/", "shop", 200, ""},
		{"GET", "/orders/17", "", 401, "shop orders:read"},
		{"GET", "/orders/17", "shop", 403, "shop orders:read"},
		{"GET", "/orders/17", "shop orders:read", 200, ""},
		{"HEAD", "/orders/17", "shop", 403, "shop orders:read"},
		{"HEAD", "/orders/17", "shop orders:read", 200, ""},
		{"POST", "/orders", "shop orders:read", 403, "shop orders:read orders:write"},
		{"POST", "/orders", "shop orders:read orders:write", 200, ""},
		{"post", "/orders", "shop", 403, "shop orders:read orders:write"},
		{"POST", "/Orders/", "shop", 403, "shop orders:read orders:write"},
		{"POST", "/%6frders", "shop", 403, "shop orders:read orders:write"},
		{"PUT", "/orders/17", "shop", 200, ""},
		{"GET", "/orders/vault", "shop orders:read", 403, "shop orders:read vault"},
		{"POST", "/orders/vault/1", "shop orders:read orders:write", 403, shopScopes},
		{"POST", "/orders/vault/1", shopScopes, 200, ""},
	} {
		before := w.up.hits()
		got := w.ask(test.method, test.path, tokens[test.has])
		if got.StatusCode != test.status || (w.up.hits() != before) != (test.status == http.StatusOK) {
			t.Errorf("%s %s with %q: %s and %d hits", test.method, test.path, test.has, got.Status, w.up.hits()-before)
		}
		if says := got.Header.Get("WWW-Authenticate"); test.needs != "" && !strings.Contains(says, `, scope="`+test.needs+`"`) {
			t.Errorf("%s %s with %q: %s", test.method, test.path, test.has, says)
		}
	}
}

// What the guard asks for anywhere, a client can ask of the provider without a word about it there.
func TestScopesOfRequirementsAreTheAudiences(t *testing.T) {
	w := build(t, plan{sites: shop})
	reply, err := w.party("app").ForItself("scope", "vault orders:write", "resource", w.api)
	if err != nil || reply.Scope != "vault orders:write" {
		t.Errorf("%v, %s %q", err, reply, reply.Scope)
	}
}
