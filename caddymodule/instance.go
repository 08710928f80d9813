package caddymodule

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/seed-5b16f944/gatehouse/caddymodule/guard"
	"github.com/seed-5b16f944/gatehouse/op"
)

// instance is one provider of one configuration, as handlers and guards know it.
type instance struct {
	issuer   string
	declared declared
	life     life

	// served says that a site has the directive openid_provider for this provider.
	served atomic.Bool
}

// newInstance translates and checks a configured provider and returns every fault of it, each with its path.
// It opens nothing.
func newInstance(ctx caddy.Context, name string, configured *Provider) (*instance, []error) {
	if configured == nil {
		configured = new(Provider)
	}
	config, faults := configured.config(name)
	outbound, found := configured.Outbound.Config(ctx)
	config.Outbound, faults = outbound, append(faults, found...)
	location, err := configured.Storage.location(name, configured.encryptionKey())
	if err != nil {
		faults = append(faults, err)
	}
	i := &instance{issuer: config.Issuer}
	i.declared.registration = config.Registration.On() || config.MetadataDocuments.On
	i.declared.configure(config.Issuer, config.Resources, config.Clients)
	i.life.prepare(ctx, config, location)
	return i, faults
}

// start begins the provider, unless a request came first.
func (i *instance) start() error {
	_, err := i.begun()
	return err
}

// warn tells of what is allowed but hardly meant. It needs to know everybody who declares a resource or serves the
// provider, so it comes when all of them are provisioned.
func (i *instance) warn(ctx caddy.Context) {
	config := i.life.config
	config.Resources, config.Sites = i.declared.all()
	warnings := append(config.Warnings(), i.declared.warnings()...)
	switch {
	case !i.served.Load():
		warnings = append(warnings, "no site serves this provider: the directive openid_provider is missing from the site of "+i.issuer)
	case misplaced(ctx, i):
		warnings = append(warnings, "the directive openid_provider stands in no site of the issuer's host, so nothing answers at "+i.issuer)
	}
	for _, warning := range warnings {
		i.life.observer.Log.Warn("configuration", zap.String("warning", warning))
	}
}

// begun returns the running provider; a request that comes before Start begins it.
func (i *instance) begun() (*op.Provider, error) {
	return i.life.begun(i.declared.all)
}

// AddResource declares the resource of a guard. It is for Provision only.
func (i *instance) AddResource(d guard.Declaration) error { return i.declared.add(d) }

// Introspect returns the live access token behind a bearer string, op.ErrInactive for anything that is none,
// and any other error when it could not find out.
func (i *instance) Introspect(ctx context.Context, token string) (*op.Token, error) {
	running, err := i.begun() //nolint:contextcheck // what begins here outlives the request
	if err != nil {
		return nil, err
	}
	return running.Introspect(ctx, token)
}

// Proofs judges the DPoP proofs of the provider's tokens. It fails while the provider is not to be had.
func (i *instance) Proofs() (*op.Proofs, error) {
	running, err := i.begun()
	if err != nil {
		return nil, err
	}
	return running.Proofs(), nil
}

// ProtectedResource returns what answers for a resource's metadata at a path of a host.
func (i *instance) ProtectedResource(host, path, query string) (http.Handler, bool) {
	running, err := i.begun()
	if err != nil {
		return nil, false
	}
	return running.ProtectedResource(host, path, query)
}

// Now is the time that the provider goes by, or the machine while the provider is not to be had.
func (i *instance) Now() time.Time {
	running, err := i.begun()
	if err != nil {
		return time.Now()
	}
	return running.Now()
}

// Issuer is the provider's issuer identifier.
func (i *instance) Issuer() string { return i.issuer }

// CookieNames lists the provider's cookies, which are nobody else's business.
func (i *instance) CookieNames() []string { return op.CookieNames(i.life.config.Name) }

// Interface guards
var _ guard.Provider = (*instance)(nil)
