package guard

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A server that compares paths as they are written finds no public path in one with needless escapes, and answers it
// with what it has for all others.
func TestThreat069_APublicPathIsWrittenAsItIs(t *testing.T) {
	g := ordersGuard(t, diana())
	for target, open := range map[string]bool{
		"/health": true, "/he%61lth": false, "/%68ealth": false, "/healt%68?x": false, "/health?x=%61": true,
		"/assets/app.css": true, "/assets/%61pp.css": false, "/asset%73/app.css": false, "/assets/app%2Ecss": false, "/assets/app%2dx": false, "/assets/app%5fx": false,
		// What some clients escape though they need not.
		"/assets/caf%C3%A9.css": true, "/assets/caf%c3%a9.css": true, "/assets/a%20b": true, "/assets/icon%402x.png": true, "/assets/%5Bid%5D.js": true, "/assets/a%2Cb": true,
		"/assets/%7Euser": true, "/assets/a%2Cb%61": false, "/assets/a%2Cb%2C%31": false,
	} {
		r, _ := request("GET", "/", nil)
		parsed := parsed(t, target)
		r.URL = parsed.URL
		var up upstream
		status, _ := serve(g, r, &up)
		if want := map[bool]int{true: http.StatusNoContent, false: http.StatusUnauthorized}[open]; status != want || (up.hits.Load() == 1) != open {
			t.Errorf("%s: %d, %d hits", target, status, up.hits.Load())
		}
	}
	for _, raw := range []string{"", "/", "%", "/%", "/%6", "/%2", "/a%2C%"} { // a rewrite may leave what is no escape
		if respelled(raw) {
			t.Errorf("%q is respelled", raw)
		}
	}
}

// File systems drop what stands at the end of a name, or cannot be seen in it.
func TestThreat069_NamesThatFileSystemsTakeForOthers(t *testing.T) {
	requirements := []Requirement{{Path: "/admin/*", Scopes: []string{"admin"}}, {Path: "/v1.0./x", Scopes: []string{"old"}}, {Path: "/...", Scopes: []string{"dots"}}}
	for path, want := range map[string]string{
		"/admin.": "base admin", "/admin ": "base admin", "/admin. .": "base admin", "/admin./users": "base admin", "/ADMIN. /users": "base admin", "/admin../users": "base admin",
		"/admin\u2028": "base admin", "/admin\u00a0/x": "base admin", "/admin\u3000": "base admin", "/admin…": "base admin", "/ad\u200cmin/x": "base admin", "/\ufeffadmin": "base admin", "/adm\u00adin": "base admin",
		"/adm\u0131n/x": "base admin", "/ADM\u0130N": "base admin", "/ａdmin.": "base admin",
		"/.admin": "base", "/ad.min": "base", "/ad min": "base", "/admin.x": "base", "/admin.x/": "base", "/x/admin.": "base", "/admin1.": "base",
		"/v1.0/x": "base old", "/v1.0./x": "base old", "/v1.0./x.": "base old", "/v1/x": "base", "/...": "base dots", "/....": "base",
	} {
		if got := scopesOf(requirements, "GET", path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}

// Whether an upstream goes by the request line or by a header nobody can say here: what is asked for by method is
// asked for as of a method that nobody knows.
func TestThreat063_AMethodInAHeaderMakesTheMethodUnknown(t *testing.T) {
	provider := newFakeProvider()
	provider.give("reader", person("diana", "shop", "orders:read"))
	provider.give("writer", person("diana", "shop", "orders:write", "orders:read"))
	g := shopGuard(t, provider)
	for _, name := range []string{"X-Http-Method-Override", "X-Http-Method", "X-Method-Override"} {
		header := func(token string) http.Header {
			h := bearer(token)
			h.Set(name, "POST")
			return h
		}
		r, _ := request("GET", "/orders/1", header("reader"))
		refused(t, g, r, http.StatusForbidden)
		r, _ = request("GET", "/health", http.Header{name: {"DELETE"}})
		refused(t, g, r, http.StatusUnauthorized)
		r, _ = request("GET", "/orders/1", header("writer"))
		var up upstream
		if status, _ := serve(g, r, &up); status != http.StatusNoContent || up.last.Header.Get(name) != "POST" {
			t.Errorf("%s: %d, the upstream got %v", name, status, up.last)
		}
		r, _ = request("OPTIONS", "/orders", preflight())
		r.Header.Set(name, "DELETE")
		refused(t, assembled(t, Guard{Preflight: true}, diana()), r, http.StatusUnauthorized)
	}
	// Where nothing is said of methods, it makes no difference.
	plain := assembled(t, Guard{Scopes: []string{"shop"}, Require: []Requirement{{Path: "/orders/*", Scopes: []string{"orders:read"}}}}, provider)
	r, _ := request("POST", "/orders/1", bearer("reader"))
	r.Header.Set("X-Http-Method-Override", "DELETE")
	if status, _ := serve(plain, r, &upstream{}); status != http.StatusNoContent {
		t.Errorf("without methods: %d", status)
	}
}

// No header tells an upstream of another path, in any spelling; one that tells of a method has one spelling left.
func TestThreat069_HeadersThatSpeakOfAnotherPathAreRemoved(t *testing.T) {
	s := newScrubber([]string{"X-User-Id"}, nil, false)
	for _, parts := range [][]string{{"script", "name"}, {"path", "info"}, {"x", "original", "url"}, {"x", "rewrite", "url"}, {"x", "http", "method", "override"}, {"x", "http", "method"}, {"x", "method", "override"}} {
		for _, name := range spellings(parts, "-_.~") {
			for _, spelled := range []string{name, strings.ToUpper(name), http.CanonicalHeaderKey(name)} {
				r, _ := request("GET", "/", http.Header{spelled: {"/admin"}, "X-Original-Urls": {"kept"}})
				r.Trailer = http.Header{spelled: {"/admin"}, "X-Other": {"kept"}}
				s.scrub(r)
				want := http.Header{"X-Original-Urls": {"kept"}}
				if speaksOfMethod(http.Header{spelled: nil}) {
					want[spelled] = []string{"/admin"}
				}
				if diff := cmp.Diff(want, r.Header); diff != "" {
					t.Errorf("%s: header %s", spelled, diff)
				}
				if diff := cmp.Diff(http.Header{"X-Other": {"kept"}}, r.Trailer); diff != "" {
					t.Errorf("%s: trailer %s", spelled, diff)
				}
			}
		}
	}
}
