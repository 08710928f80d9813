package guard

import (
	"errors"
	"fmt"

	"github.com/caddyserver/caddy/v2"

	"github.com/seed-5b16f944/gatehouse/op"
)

// resource is the audience as the provider gets to know it.
func (g *Guard) resource(uri string) op.Resource {
	return op.Resource{
		URI:           uri,
		Name:          g.Name,
		Descriptions:  g.Descriptions,
		Scopes:        g.everyScope().Union(g.DefaultScopes),
		DefaultScopes: g.DefaultScopes,
		Token:         g.Token,
		AnyClient:     g.AnyClient,
		Bound:         g.bound(),
		Clients:       g.Clients,

		AuthorizationServers: g.otherIssuers(),
	}
}

// declare tells the provider of the audience. Scopes that none of its clients can get may be those that others give.
func (g *Guard) declare(uri string, provider Provider) error {
	d := Declaration{Resource: g.resource(uri), Needed: g.everyScope(), Always: g.Scopes}
	if len(g.others) > 0 {
		d.Needed = nil
	}
	return provider.AddResource(d)
}

// findProvider finds the provider that is named, or the only one. There need be none where others issue tokens.
func (g *Guard) findProvider(ctx caddy.Context) (Provider, error) {
	module, err := ctx.AppIfConfigured("openid_provider")
	optional := g.Provider == "" && len(g.Issuers)+len(g.Introspect) > 0
	if optional && errors.Is(err, caddy.ErrNotConfigured) {
		return nil, nil
	}
	if errors.Is(err, caddy.ErrNotConfigured) {
		return nil, errors.New("provider: no openid_provider is configured; add the global option openid_provider")
	}
	if err != nil {
		return nil, fmt.Errorf("provider: %w", err)
	}
	app, ok := module.(App)
	if !ok {
		return nil, fmt.Errorf("provider: the app openid_provider is a %T, which holds no providers", module)
	}
	provider, err := app.OpenIDProvider(g.Provider)
	switch {
	case err != nil && optional: // there are several, and none is named
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("provider: %w", err)
	}
	return provider, nil
}
