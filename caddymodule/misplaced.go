package caddymodule

import (
	"net/url"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// misplaced reports whether the directive of a provider stands in sites of other hosts than the issuer's alone, where it
// answers next to nothing. Ports are left out: what stands before Caddy may have others. A directive that is not found,
// since it is inside a handler that is not known here, may be in its place.
func misplaced(ctx caddy.Context, provider *instance) bool {
	app, err := ctx.AppIfConfigured("http")
	issuer, unreadable := url.Parse(provider.issuer)
	if err != nil || unreadable != nil {
		return false
	}
	servers := app.(*caddyhttp.App).Servers
	return stands(servers, provider, anyHost) && !stands(servers, provider, issuer.Hostname())
}

// anyHost is a host that no matcher keeps out.
const anyHost = ""

// stands reports whether a request to the host can come to the directive of a provider.
func stands(servers map[string]*caddyhttp.Server, provider *instance, host string) bool {
	for _, server := range servers {
		w := walk{server: server, provider: provider, host: host}
		if w.routes(server.Routes) {
			return true
		}
	}
	return false
}

// walk goes through the routes of a server that a request to a host may take.
type walk struct {
	server   *caddyhttp.Server
	provider *instance
	host     string
	invoked  []string // the named routes that were gone through
}

func (w *walk) routes(routes caddyhttp.RouteList) bool {
	return slices.ContainsFunc(routes, func(route caddyhttp.Route) bool {
		return admits(route.MatcherSets, w.host) && slices.ContainsFunc(route.Handlers, w.handler)
	})
}

func (w *walk) handler(handler caddyhttp.MiddlewareHandler) bool {
	switch h := handler.(type) {
	case *Endpoints:
		return h.provider == w.provider
	case *caddyhttp.Subroute:
		return w.routes(h.Routes)
	case *caddyhttp.Invoke:
		route, known := w.server.NamedRoutes[h.Name]
		if !known || slices.Contains(w.invoked, h.Name) {
			return false
		}
		w.invoked = append(w.invoked, h.Name)
		return w.routes(caddyhttp.RouteList{*route})
	}
	return false
}

// admits reports whether one of the sets has no matcher that keeps the host out.
func admits(sets caddyhttp.MatcherSets, host string) bool {
	return host == anyHost || len(sets) == 0 || slices.ContainsFunc(sets, func(set caddyhttp.MatcherSet) bool {
		return !slices.ContainsFunc(set, func(matcher any) bool {
			hosts, ok := matcher.(*caddyhttp.MatchHost)
			return ok && !slices.ContainsFunc(*hosts, func(pattern string) bool { return mayBe(pattern, host) })
		})
	})
}

// mayBe reports whether a pattern of Caddy's matcher may mean the host. A wildcard or placeholder may.
func mayBe(pattern, host string) bool {
	return strings.ContainsAny(pattern, "*{") || strings.EqualFold(strings.Trim(pattern, "[]"), host)
}
