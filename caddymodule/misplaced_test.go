package caddymodule

import (
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// TestWhereTheDirectiveStands: what keeps the issuer's host from the directive is noticed on every level of routes, and
// what may let it through is believed to.
func TestWhereTheDirectiveStands(t *testing.T) {
	provider, other := new(instance), new(instance)
	ours := &Endpoints{provider: provider}
	on := func(handler caddyhttp.MiddlewareHandler, hosts ...string) caddyhttp.Route {
		route := caddyhttp.Route{Handlers: []caddyhttp.MiddlewareHandler{&caddyhttp.StaticResponse{}, handler}}
		if hosts != nil {
			match := caddyhttp.MatchHost(hosts)
			route.MatcherSets = caddyhttp.MatcherSets{{new(caddyhttp.MatchPath), &match}}
		}
		return route
	}
	within := func(routes ...caddyhttp.Route) *caddyhttp.Subroute { return &caddyhttp.Subroute{Routes: routes} }
	for name, tt := range map[string]struct {
		route          caddyhttp.Route
		stands, itself bool
	}{
		"nowhere":                 {on(&caddyhttp.StaticResponse{}), false, false},
		"another provider's":      {on(&Endpoints{provider: other}), false, false},
		"any host":                {on(ours), true, true},
		"its host":                {on(ours, "a.example", "ID.example"), true, true},
		"another host":            {on(ours, "a.example"), true, false},
		"a wildcard":              {on(ours, "*.example"), true, true},
		"a placeholder":           {on(ours, "{env.HOST}"), true, true},
		"within":                  {on(within(on(ours)), "id.example"), true, true},
		"within another host":     {on(within(on(ours)), "a.example"), true, false},
		"within, of another host": {on(within(on(ours, "a.example")), "id.example"), true, false},
		"by name":                 {on(&caddyhttp.Invoke{Name: "ours"}, "id.example"), true, true},
		"by name, another host":   {on(&caddyhttp.Invoke{Name: "ours"}, "a.example"), true, false},
		"by no name":              {on(&caddyhttp.Invoke{Name: "none"}), false, false},
		"in a circle":             {on(&caddyhttp.Invoke{Name: "circle"}), false, false},
	} {
		named, circle := on(ours), on(&caddyhttp.Invoke{Name: "circle"})
		servers := map[string]*caddyhttp.Server{"empty": {}, "srv0": {
			Routes:      caddyhttp.RouteList{tt.route},
			NamedRoutes: map[string]*caddyhttp.Route{"ours": &named, "circle": &circle},
		}}
		if got := stands(servers, provider, anyHost); got != tt.stands {
			t.Errorf("%s: stands somewhere: %t", name, got)
		}
		if got := stands(servers, provider, "id.example"); got != tt.itself {
			t.Errorf("%s: stands at the issuer's host: %t", name, got)
		}
	}
}
