package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"

	"github.com/seed-5b16f944/gatehouse/caddymodule/guard"
)

func init() {
	caddy.RegisterModule(App{})
}

// App is the Caddy app that holds the OpenID Providers of this process. Each has a name, an issuer and a
// store of its own; the handler `openid_provider` serves the endpoints of one, the handler `openid_guard`
// lets requests through that carry a token of one.
type App struct {
	// The providers, by name. A name may hold lower case letters, digits, `-` and `_`; it is part of cookie
	// names and of the default path of the store.
	Providers map[string]*Provider `json:"providers,omitempty"`

	instances map[string]*instance
	ctx       caddy.Context
	started   bool
}

// CaddyModule returns the Caddy module information.
func (App) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "openid_provider",
		New: func() caddy.Module { return new(App) },
	}
}

// Provision translates and checks every provider. It starts nothing, and it opens no store unless a
// configuration is running, since `caddy validate` comes here too.
func (a *App) Provision(ctx caddy.Context) error {
	if len(a.Providers) == 0 {
		return errors.New("no provider is configured")
	}
	if err := registerMetrics(ctx); err != nil {
		return err
	}
	events, err := ctx.App("events")
	if err != nil {
		return fmt.Errorf("events: %w", err)
	}
	a.ctx = ctx
	var faults []error
	a.instances = make(map[string]*instance, len(a.Providers))
	owners := make(map[string]string)
	for _, name := range slices.Sorted(maps.Keys(a.Providers)) {
		made, found := newInstance(ctx, name, a.Providers[name])
		for _, fault := range found {
			faults = append(faults, fmt.Errorf("%s: %w", name, fault))
		}
		// One store belongs to one provider: two would share keys, sessions and revocations under two
		// issuers.
		key := made.life.place()
		if owner, taken := owners[key]; taken && key != "" {
			faults = append(faults, fmt.Errorf("%s: storage: is the same as that of the provider %s", name, owner))
		}
		owners[key] = name
		made.life.observer.Audit = newAuditor(ctx, events.(*caddyevents.App), name).tell
		a.instances[name] = made
	}
	if len(faults) == 0 && reloading() {
		return a.take()
	}
	return errors.Join(faults...)
}

// reloading tells whether a configuration runs in this process already.
func reloading() bool { return caddy.ActiveContext().Context != nil }

// take takes every store before anything of this configuration serves. Apps start in any order, so in a
// reload the new servers may already answer when a store turns out not to open; what they answered would
// be 503, while the old configuration is fine. Cleanup gives back what was taken.
func (a *App) take() error {
	for _, name := range slices.Sorted(maps.Keys(a.instances)) {
		if err := a.instances[name].life.take(); err != nil {
			return fmt.Errorf("provider %s: %w", name, err)
		}
	}
	return nil
}

// Start opens the store of every provider and makes what a first start makes, keys above all, and warns. A store that
// does not open fails the whole configuration, so that a reload leaves the old one serving.
func (a *App) Start() error {
	a.started = true
	for _, name := range slices.Sorted(maps.Keys(a.instances)) {
		if err := a.instances[name].start(); err != nil {
			return fmt.Errorf("provider %s: %w", name, err)
		}
		a.instances[name].warn(a.ctx)
	}
	return nil
}

// Stop does nothing: requests in flight still need the stores, so they are let go in Cleanup.
func (a *App) Stop() error { return nil }

// Cleanup lets go of every store this configuration has taken. One that was only to be judged, by `caddy validate`, has
// its warnings told before that: there is no other moment at which all of it is provisioned.
func (a *App) Cleanup() error {
	if a.wasJudged() {
		for _, name := range slices.Sorted(maps.Keys(a.instances)) {
			a.instances[name].warn(a.ctx)
		}
	}
	faults := make([]error, 0, len(a.instances))
	for _, i := range a.instances {
		faults = append(faults, i.life.end())
	}
	return errors.Join(faults...)
}

// wasJudged reports whether the configuration was provisioned as a whole and is let go before it was started. A fault in
// any part of it is the cause of its context's end, and Caddy wraps it there; then nobody knows what else would have
// been provisioned.
func (a *App) wasJudged() bool {
	if a.started || a.ctx.Context == nil {
		return false
	}
	cause := context.Cause(a.ctx)
	return cause != nil && errors.Unwrap(cause) == nil
}

// OpenIDProvider returns the provider called name; an empty name means the only one there is.
func (a *App) OpenIDProvider(name string) (guard.Provider, error) {
	found, err := a.instance(name)
	if err != nil {
		return nil, err // an interface that holds a nil pointer would not look nil
	}
	return found, nil
}

func (a *App) instance(name string) (*instance, error) {
	if i, ok := a.instances[name]; ok {
		return i, nil
	}
	if name != "" {
		return nil, fmt.Errorf("no openid_provider is called '%s'; there is %s", name, names(a.instances))
	}
	all := slices.Collect(maps.Values(a.instances))
	if len(all) != 1 {
		return nil, fmt.Errorf("there are several providers, name one of them: %s", names(a.instances))
	}
	return all[0], nil
}

// Interface guards
var (
	_ caddy.App          = (*App)(nil)
	_ caddy.Provisioner  = (*App)(nil)
	_ caddy.CleanerUpper = (*App)(nil)
	_ guard.App          = (*App)(nil)
)
