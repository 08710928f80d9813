package guard

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op"
)

func TestRequirementsInTheCaddyfile(t *testing.T) {
	g := new(Guard)
	err := g.UnmarshalCaddyfile(caddyfile.NewTestDispenser(`openid_guard {
		audience https://api.example.com
		require GET /orders/* orders:read
		require POST /orders/* orders:read orders:write
		require /admin/* admin
		require acr urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport pwd
		max_age 8h
		require /vault/* {
			acr pwd
			max_age 5m
		}
		require DELETE /vault vault {
			max_age 1m
		}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Requirement{
		{Method: "GET", Path: "/orders/*", Scopes: []string{"orders:read"}},
		{Method: "POST", Path: "/orders/*", Scopes: []string{"orders:read", "orders:write"}},
		{Path: "/admin/*", Scopes: []string{"admin"}},
		{Path: "/vault/*", ACRValues: []string{"pwd"}, MaxAge: caddy.Duration(5 * time.Minute)},
		{Method: "DELETE", Path: "/vault", Scopes: []string{"vault"}, MaxAge: caddy.Duration(time.Minute)},
	}
	if diff := cmp.Diff(want, g.Require); diff != "" {
		t.Error(diff)
	}
	if g.MaxAge != caddy.Duration(8*time.Hour) || len(g.ACRValues) != 2 || g.ACRValues[1] != "pwd" {
		t.Errorf("%v %v", g.ACRValues, g.MaxAge)
	}
}

func TestFaultyRequirementsInTheCaddyfile(t *testing.T) {
	for line, want := range map[string]string{
		"require":                                      "require",
		"require orders:read":                          "require",
		"require acr":                                  "require",
		"require acr a {\n x\n}":                       "require",
		"require acr a\nrequire acr b":                 "require acr stands twice",
		"require /a b {\n x y\n}":                      `unknown word 'x' in require; the words are: acr, max_age`,
		"require /a b {\n acr\n}":                      "acr",
		"require /a b {\n acr c {\n d\n}\n}":           "acr",
		"require /a b {\n acr c\n acr d\n}":            "acr stands twice in one require",
		"require /a b {\n max_age\n}":                  "max_age",
		"require /a b {\n max_age 1h 2h\n}":            "max_age",
		"require /a b {\n max_age -1h\n}":              `max_age: "-1h"`,
		"require /a b {\n max_age x\n}\nbroom /c":      `unknown word 'broom'`,
		"require GET {\n acr a\n}\nrequire /a {\n}\nx": `unknown word 'x'`,
	} {
		err := new(Guard).UnmarshalCaddyfile(caddyfile.NewTestDispenser("openid_guard {\n" + line + "\n}"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestFaultsOfRequirementsComeTogether(t *testing.T) {
	g := Guard{Audience: testAudience, Public: []string{"/open/*", "/health"}, Require: []Requirement{
		{Path: "/a"},
		{Path: "a", Scopes: []string{"s"}},
		{Path: "/a*", Scopes: []string{"s"}},
		{Path: "/a;b/*", Scopes: []string{"s"}},
		{Method: "get", Path: "/lower", Scopes: []string{"s"}},
		{Method: "HEAD", Path: "/head", Scopes: []string{"s"}},
		{Method: "CONNECT", Path: "/connect", Scopes: []string{"s"}},
		{Method: "G ET", Path: "/blank", Scopes: []string{"s"}},
		{Path: "/scope", Scopes: []string{`a"b`, "openid", "s", "s"}},
		{Method: "PUT", Path: "/twice/*", Scopes: []string{"s"}},
		{Method: "PUT", Path: "/Twice/*", Scopes: []string{"r"}},
		{Path: "/open/inner", Scopes: []string{"s"}},
		{Path: "/open/*", Scopes: []string{"s"}},
		{Path: "/health", Scopes: []string{"s"}},
	}}
	_, faults := g.check()
	all := errors.Join(faults...)
	for _, want := range []string{
		"require /a: asks for nothing", "require a: a path begins with a slash", "require /a*: a path is exact or ends in /*",
		"require /a;b/*: write the path decoded", `require get /lower: "get" is not a method`, "require HEAD /head: write GET",
		"require CONNECT /connect: CONNECT never passes", `require G ET /blank: "G ET" is not a method`,
		`require /scope: "a\"b" is not a scope`, "require /scope: openid belongs", "require /scope: s is named twice",
		"require PUT /Twice/*: stands twice", "require /open/inner: is never asked for: public /open/*",
		"require /open/*: is never asked for", "require /health: is never asked for: public /health",
	} {
		if all == nil || !strings.Contains(all.Error(), want) {
			t.Errorf("%q is not in %v", want, all)
		}
	}
	if len(faults) != 15 {
		t.Errorf("%d faults: %v", len(faults), all)
	}
}

func TestGoodRequirements(t *testing.T) {
	g := Guard{Audience: testAudience, Public: []string{"/orders/status"}, Require: []Requirement{
		{Path: "/*", Scopes: []string{"a"}},
		{Path: "/", Scopes: []string{"a"}},
		{Path: "/orders/*", Scopes: []string{"a"}},
		{Method: "PROPFIND", Path: "/über/*", Scopes: []string{"a"}},
		{Method: "GET", Path: "/orders/*", Scopes: []string{"b"}},
		{Path: "/orders", Scopes: []string{"c"}},
		{Path: "/healthy", Scopes: []string{"c"}},
	}}
	if _, faults := g.check(); len(faults) > 0 {
		t.Error(errors.Join(faults...))
	}
}

// shopGuard asks for one scope everywhere and for others in places.
func shopGuard(t testing.TB, provider Provider) *Guard {
	return assembled(t, Guard{
		Scopes: []string{"shop"},
		Public: []string{"/health"},
		Require: []Requirement{
			{Method: "GET", Path: "/orders/*", Scopes: []string{"orders:read"}},
			{Method: "POST", Path: "/orders/*", Scopes: []string{"orders:write", "orders:read"}},
			{Path: "/orders/vault", Scopes: []string{"vault"}},
		},
	}, provider)
}

func TestMust067_ARefusalNamesAllScopesOfItsRouteAtOnce(t *testing.T) {
	provider := newFakeProvider()
	provider.give("shop", person("diana", "shop"))
	provider.give("reader", person("diana", "shop", "orders:read"))
	provider.give("writer", person("diana", "shop", "orders:read", "orders:write"))
	provider.give("writes", person("diana", "orders:read", "orders:write"))
	provider.give("all", person("diana", "vault", "shop", "orders:write", "orders:read"))
	g := shopGuard(t, provider)
	for _, test := range []struct {
		method, path, token string
		status              int
		scope               string
	}{
		{"GET", "/x", "shop", 204, ""},
		{"GET", "/orders", "shop", 403, "shop orders:read"},
		{"GET", "/orders/1", "reader", 204, ""},
		{"HEAD", "/orders/1", "shop", 403, "shop orders:read"},
		{"HEAD", "/orders/1", "reader", 204, ""},
		{"POST", "/orders/1", "reader", 403, "shop orders:write orders:read"},
		{"POST", "/orders/1", "writer", 204, ""},
		{"POST", "/orders/1", "writes", 403, "shop orders:write orders:read"},
		{"PUT", "/orders/1", "shop", 204, ""},
		{"post", "/orders/1", "reader", 403, "shop orders:read orders:write"},
		{"GET", "/orders/vault", "writer", 403, "shop orders:read vault"},
		{"POST", "/ORDERS/vault", "writer", 403, "shop orders:write orders:read vault"},
		{"POST", "/orders/vault", "all", 204, ""},
		{"GET", "/orders", "", 401, "shop orders:read"},
		{"POST", "/orders/vault", "", 401, "shop orders:write orders:read vault"},
		{"POST", "/orders/vault", "dead", 401, "shop orders:write orders:read vault"},
		{"GET", "/x", "dead", 401, "shop"},
		{"GET", "/health", "", 204, ""},
	} {
		var header http.Header
		if test.token != "" {
			header = bearer(test.token)
		}
		r, _ := request(test.method, test.path, header)
		var up upstream
		status, answer := serve(g, r, &up)
		if status != test.status || (up.hits.Load() == 1) != (test.status == 204) {
			t.Errorf("%s %s as %q: %d and %d hits", test.method, test.path, test.token, status, up.hits.Load())
		}
		if says := answer.Get("WWW-Authenticate"); test.scope != "" && !strings.HasSuffix(says, `, scope="`+test.scope+`"`) {
			t.Errorf("%s %s as %q: %s", test.method, test.path, test.token, says)
		}
	}
}

// A method that a header speaks of is not the request's.
func TestThreat063_MethodOverridesChangeNoRoute(t *testing.T) {
	provider := newFakeProvider()
	provider.give("shop", person("diana", "shop"))
	for _, name := range []string{"X-Http-Method-Override", "X-Http-Method", "X-Method-Override", "X-Forwarded-Method"} {
		header := bearer("shop")
		header.Set(name, "PUT")
		r, _ := request("POST", "/orders/1?_method=PUT", header)
		refused(t, shopGuard(t, provider), r, http.StatusForbidden)
	}
}

// A token that was allowed on one route is judged anew on the next.
func TestThreat054_ScopesAreAskedForEveryPath(t *testing.T) {
	provider := newFakeProvider()
	provider.give("reader", person("diana", "shop", "orders:read"))
	g := shopGuard(t, provider)
	for range 3 {
		r, _ := request("GET", "/orders", bearer("reader"))
		if status, _ := serve(g, r, &upstream{}); status != http.StatusNoContent {
			t.Errorf("reading: %d", status)
		}
		r, _ = request("POST", "/orders", bearer("reader"))
		refused(t, g, r, http.StatusForbidden)
	}
}

func TestEveryScopeIsDeclaredAndNeeded(t *testing.T) {
	provider := newFakeProvider()
	runSite(t, provider, "", `
	openid_guard {
		audience `+testAudience+`
		scopes shop
		require GET /orders/* orders:read
		require POST /orders/* orders:read orders:write
		default_scopes shop orders:list
	}
	respond ok`)
	want := []Declaration{{
		Resource: op.Resource{
			URI: testAudience, Scopes: []string{"shop", "orders:read", "orders:write", "orders:list"}, DefaultScopes: []string{"shop", "orders:list"},
		},
		Needed: []string{"shop", "orders:read", "orders:write"}, Always: []string{"shop"},
	}}
	if diff := cmp.Diff(want, provider.added); diff != "" {
		t.Error(diff)
	}
}

// A WebSocket over HTTP/2 or HTTP/3 arrives as an extended CONNECT and needs what the GET needs that it becomes.
func TestMust075_AnExtendedConnectNeedsWhatAGETNeeds(t *testing.T) {
	provider := newFakeProvider()
	provider.give("shop", person("diana", "shop"))
	provider.give("reader", person("diana", "shop", "orders:read"))
	for token, want := range map[string]int{"shop": http.StatusForbidden, "reader": http.StatusNoContent} {
		for _, major := range []int{2, 3} {
			r, _ := request("CONNECT", "/orders/live", bearer(token))
			r.ProtoMajor = major
			if r.Proto = "websocket"; major == 2 {
				r.Proto, r.Header[":protocol"] = "HTTP/2.0", []string{"websocket"}
			}
			var up upstream
			if status, _ := serve(shopGuard(t, provider), r, &up); status != want || (up.hits.Load() == 1) != (want == http.StatusNoContent) {
				t.Errorf("HTTP/%d as %s: %d, %d hits", major, token, status, up.hits.Load())
			}
		}
	}
}
