package guard

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// scopesOf are the scopes that a request needs by these requirements.
func scopesOf(requirements []Requirement, method, path string) string {
	g := &Guard{Scopes: []string{"base"}, Require: requirements}
	r := newRules(requirements, func(applying []Requirement) *route { return g.route(challenge{}, applying) })
	return r.of(method, path).scopes.String()
}

func TestRulesOfAShop(t *testing.T) {
	shop := []Requirement{
		{Path: "/orders/*", Scopes: []string{"orders:read"}},
		{Method: "POST", Path: "/orders/*", Scopes: []string{"orders:write"}},
		{Method: "DELETE", Path: "/orders/*", Scopes: []string{"orders:write", "orders:delete"}},
		{Path: "/orders/all/*", Scopes: []string{"admin"}},
		{Method: "GET", Path: "/report", Scopes: []string{"report"}},
		{Path: "/Straße/*", Scopes: []string{"street"}},
		{Path: "/", Scopes: []string{"home"}},
	}
	for _, test := range []struct{ method, path, want string }{
		{"GET", "/", "base home"},
		{"GET", "/x", "base"},
		{"GET", "/orders", "base orders:read"},
		{"GET", "/orders/", "base orders:read"},
		{"GET", "/orders/17", "base orders:read"},
		{"GET", "/ordersx", "base"},
		{"GET", "/x/orders/17", "base"},
		{"HEAD", "/orders/17", "base orders:read"},
		{"POST", "/orders/17", "base orders:read orders:write"},
		{"PUT", "/orders/17", "base orders:read"},
		{"DELETE", "/orders/17", "base orders:read orders:write orders:delete"},
		{"GET", "/orders/all", "base orders:read admin"},
		{"POST", "/orders/all/1", "base orders:read orders:write admin"},
		{"GET", "/orders/allx", "base orders:read"},
		{"GET", "/report", "base report"},
		{"HEAD", "/report", "base report"},
		{"GET", "/report/", "base report"},
		{"GET", "/report/x", "base"},
		{"POST", "/report", "base"},
		{"GET", "/straße/1", "base street"},
		{"GET", "/STRAẞE/1", "base street"},
		{"GET", "/Strasse/1", "base"},
		{"GET", "/ſtraße", "base street"},
		{"GET", "/strasze/ä", "base"},
	} {
		if got := scopesOf(shop, test.method, test.path); got != test.want {
			t.Errorf("%s %s: %q, want %q", test.method, test.path, got, test.want)
		}
	}
}

// What an upstream makes of a method that is not common, or of a path in other letters, nobody can say
// here: such a request needs all that it might turn out to be.
func TestMust074_UncommonMethodsAndSpellingsNeedMore(t *testing.T) {
	shop := []Requirement{
		{Method: "GET", Path: "/orders/*", Scopes: []string{"orders:read"}},
		{Method: "POST", Path: "/orders/*", Scopes: []string{"orders:write"}},
		{Method: "PROPFIND", Path: "/orders/*", Scopes: []string{"dav"}},
	}
	for _, method := range []string{"get", "Post", "TRACE", "LOCK", "FOO", "propfind", ""} {
		if got := scopesOf(shop, method, "/orders/1"); got != "base orders:read orders:write dav" {
			t.Errorf("%q: %q", method, got)
		}
		if got := scopesOf(shop, method, "/elsewhere"); got != "base" {
			t.Errorf("%q elsewhere: %q", method, got)
		}
	}
	for method, want := range map[string]string{"PROPFIND": "base dav", "PUT": "base", "OPTIONS": "base", "HEAD": "base orders:read"} {
		if got := scopesOf(shop, method, "/orders/1"); got != want {
			t.Errorf("%s: %q, want %q", method, got, want)
		}
	}
	for _, path := range []string{"/ORDERS/1", "/Orders", "/orders/", "/oRdErS/", "/ｏｒｄｅｒｓ/1", "/ORDERS/ä"} {
		if got := scopesOf(shop, http.MethodPost, path); got != "base orders:write" {
			t.Errorf("%s: %q", path, got)
		}
	}
}

// plainly is what the rules mean, said the long way.
func plainly(requirements []Requirement, method, path string) oauth.Scopes {
	fold := func(s string) string { return strings.TrimSuffix(strings.ToLower(s), "/") }
	known := commonMethod(method)
	applies := func(q Requirement) bool {
		base, below := strings.CutSuffix(q.Path, "/*")
		return fold(path) == fold(base) || below && strings.HasPrefix(fold(path), fold(base)+"/")
	}
	for _, q := range requirements {
		known = known || applies(q) && q.Method == method
	}
	needed := oauth.Scopes{"base"}
	for _, q := range requirements {
		asked := q.Method == "" || q.Method == method || q.Method == "GET" && method == "HEAD" || !known
		if asked && applies(q) {
			needed = needed.Union(q.Scopes)
		}
	}
	return needed
}

func TestRulesMeanWhatTheySay(t *testing.T) {
	segment := rapid.SampledFrom([]string{"a", "b", "A", "ab", "c1"})
	rapid.Check(t, func(t *rapid.T) {
		var requirements []Requirement
		for range rapid.IntRange(0, 6).Draw(t, "requirements") {
			path := "/" + strings.Join(rapid.SliceOfN(segment, 0, 3).Draw(t, "path"), "/")
			if rapid.Bool().Draw(t, "below") {
				path = strings.TrimSuffix(path, "/") + "/*"
			}
			requirements = append(requirements, Requirement{
				Method: rapid.SampledFrom([]string{"", "GET", "POST", "PROPFIND"}).Draw(t, "method"), Path: path,
				Scopes: []string{rapid.SampledFrom([]string{"r", "w", "x"}).Draw(t, "scope")},
			})
		}
		method := rapid.SampledFrom([]string{"GET", "HEAD", "POST", "PUT", "PROPFIND", "post", "X"}).Draw(t, "asked")
		path := "/" + strings.Join(rapid.SliceOfN(segment, 0, 4).Draw(t, "target"), "/")
		if rapid.Bool().Draw(t, "slash") && path != "/" {
			path += "/"
		}
		got := oauth.Scopes(strings.Fields(scopesOf(requirements, method, path)))
		if want := plainly(requirements, method, path); !got.Equal(want) {
			t.Fatalf("%v: %s %s: %s, want %s", requirements, method, path, got, want)
		}
	})
}

func TestFindingARouteAllocatesNothing(t *testing.T) {
	g := assembled(t, Guard{Scopes: []string{"base"}, Require: []Requirement{
		{Method: "GET", Path: "/orders/*", Scopes: []string{"orders:read"}},
		{Method: "POST", Path: "/orders/*", Scopes: []string{"orders:write"}},
		{Path: "/admin/*", Scopes: []string{"admin"}},
	}}, newFakeProvider())
	for _, path := range []string{"/orders/ABC-17/items", "/ADMIN", "/elsewhere"} {
		if n := testing.AllocsPerRun(100, func() { g.rules.of("POST", path) }); n != 0 {
			t.Errorf("%s: %v allocations", path, n)
		}
	}
}

func TestMostSpecificPlacesComeFirst(t *testing.T) {
	var r rules
	for _, path := range []string{"/*", "/a/*", "/a", "/", "/a/b/*", "/a/b/c"} {
		r.nodes = append(r.nodes, node{pathPattern: newPathPattern(path)})
	}
	slices.SortStableFunc(r.nodes, func(a, b node) int { return a.compare(b.pathPattern) })
	for i, a := range r.nodes {
		for _, b := range r.nodes[i+1:] {
			if a.contains(b.pathPattern) {
				t.Errorf("%v stands before %v, which it contains", a.pathPattern, b.pathPattern)
			}
		}
	}
}
