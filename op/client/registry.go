package client

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// ErrNotFound says that there is no client of that id.
var ErrNotFound = errors.New("client is not known")

// Registry finds clients: those of the configuration, which win, and those in the store.
type Registry struct {
	registrations *Registrations
	configured    map[string]*Client
	ids           []string
}

// NewRegistry makes the registry of one configuration over the provider's store, which remembers nothing of
// registered clients and opens no scope to them unless Admit says more.
func NewRegistry(s store.Store, configured []*Client) *Registry {
	r := &Registry{
		registrations: NewRegistrations(RegistrationDeps{Store: s, Scopes: oauth.IdentityScopes, Keep: usedEvery, Now: time.Now}),
		configured:    make(map[string]*Client, len(configured)),
	}
	for _, c := range configured {
		own := *c
		own.Configured = true
		own.named()
		r.configured[own.ID] = &own
		r.ids = append(r.ids, own.ID)
	}
	slices.Sort(r.ids)
	return r
}

// Admit says how registered clients are found. Call it before first use.
func (r *Registry) Admit(registrations *Registrations) { r.registrations = registrations }

// Get finds a client; a disabled one too, marked so. The result is shared and must not be written to.
// The error is ErrNotFound, or the store's.
func (r *Registry) Get(ctx context.Context, id string) (*Client, error) {
	if c, found := r.configured[id]; found {
		return c, nil
	}
	return r.registrations.find(ctx, id)
}

// stored reads a registered client from the store, whether or not it is remembered.
func (r *Registry) stored(ctx context.Context, id string) (*Client, error) {
	c, _, err := r.registrations.read(ctx, id)
	return c, err
}

// Using is what to commit with something granted to the client: it keeps a registered client from being
// forgotten, and for a configured one it is nothing. The error is the store's.
func (r *Registry) Using(ctx context.Context, c *Client) ([]store.Change, error) {
	if c.Configured {
		return nil, nil
	}
	return r.registrations.using(ctx, c.ID)
}

// Configures reports whether the configuration has a client of that id, which then wins over a registered one.
func (r *Registry) Configures(id string) bool { return r.configured[id] != nil }

// Configured are the clients of the configuration, in the order of their ids.
func (r *Registry) Configured() []*Client {
	clients := make([]*Client, 0, len(r.ids))
	for _, id := range r.ids {
		clients = append(clients, r.configured[id])
	}
	return clients
}

// named lets every client have a name to be shown.
func (c *Client) named() {
	if strings.TrimSpace(c.Name) == "" {
		c.Name = c.ID
	}
}
