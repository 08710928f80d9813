package caddymodule

import (
	"encoding/json"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
)

// appName is the name of the app, of its global option and of the directive that serves a provider.
const appName = "openid_provider"

// defaultName is the name of a provider that is given none.
const defaultName = "default"

func init() {
	httpcaddyfile.RegisterGlobalOption(appName, parseApp)
}

// parseApp reads one block of the global option. Several blocks configure several providers. Syntax:
//
//	openid_provider [<name>] {
//		...
//	}
func parseApp(d *caddyfile.Dispenser, existing any) (any, error) {
	app := App{Providers: make(map[string]*Provider)}
	if earlier, ok := existing.(httpcaddyfile.App); ok {
		if err := json.Unmarshal(earlier.Value, &app); err != nil {
			return nil, err
		}
	}
	d.Next() // the option's own name
	name := defaultName
	if d.NextArg() {
		name = d.Val()
	}
	if _, twice := app.Providers[name]; twice {
		return nil, d.Errf("the openid_provider '%s' is configured twice", name)
	}
	provider := new(Provider)
	if err := provider.UnmarshalCaddyfile(d); err != nil {
		return nil, err
	}
	app.Providers[name] = provider
	return httpcaddyfile.App{Name: appName, Value: caddyconfig.JSON(app, nil)}, nil
}
