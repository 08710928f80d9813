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
	documents     *Documents
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

// Describe says how clients that are described by a document are found; without it there are none. Call it before
// first use.
func (r *Registry) Describe(documents *Documents) { r.documents = documents }

// Get finds a client; a disabled one too, marked so. The result is shared and must not be written to.
// The error is ErrNotFound, or the store's.
//
// A client that is described by a document is there once somebody has granted it something, as it was described
// then: neither a token nor a request of it makes the provider call anybody, and a document that cannot be read
// ends nothing. It is gone as soon as the configuration no longer admits its URL.
func (r *Registry) Get(ctx context.Context, id string) (*Client, error) {
	if c, found := r.configured[id]; found {
		return c, nil
	}
	if IsDocumentID(id) && !r.documents.admits(id) {
		return nil, ErrNotFound
	}
	return r.registrations.find(ctx, id)
}

// Asking finds the client of an authorization request that comes from a network: Get, but for a client that is
// described by a document, which is as the document says now. Without one that can be read and holds there is no
// client, whatever was granted to it before. The error is as Get's, or an *oauth.Error.
func (r *Registry) Asking(ctx context.Context, id, network string) (*Client, error) {
	if r.Configures(id) || !IsDocumentID(id) || !r.documents.admits(id) {
		return r.Get(ctx, id)
	}
	stored, err := r.registrations.find(ctx, id)
	switch {
	case err == nil && stored.Disabled:
		return stored, nil
	case err != nil && !errors.Is(err, ErrNotFound):
		return nil, err
	}
	return r.documents.get(ctx, id, network, err == nil)
}

// stored reads a registered client from the store, whether or not it is remembered.
func (r *Registry) stored(ctx context.Context, id string) (*Client, error) {
	c, _, err := r.registrations.read(ctx, id)
	return c, err
}

// Using is what to commit with something granted to the client: it keeps a registered client from being
// forgotten, and one that Asking found as its document describes it; for a configured one it is nothing. The error
// is the store's.
func (r *Registry) Using(ctx context.Context, c *Client) ([]store.Change, error) {
	if c.Configured {
		return nil, nil
	}
	if c.Document != nil {
		return r.registrations.adopting(ctx, c.ID, *c.Document)
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

// named lets every client have a name to be shown: one that a document describes is called by its host.
func (c *Client) named() {
	switch {
	case strings.TrimSpace(c.Name) != "":
	case c.described():
		c.Name = documentHost(c.ID)
	default:
		c.Name = c.ID
	}
}

// described reports whether a document describes the client.
func (c *Client) described() bool { return !c.Configured && IsDocumentID(c.ID) }
