package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// ErrNotFound says that there is no client of that id.
var ErrNotFound = errors.New("client is not known")

// Registry finds clients: those of the configuration, which win, and those in the store.
type Registry struct {
	store      store.Store
	configured map[string]*Client
	ids        []string
}

// NewRegistry makes the registry of one configuration over the provider's store.
func NewRegistry(s store.Store, configured []*Client) *Registry {
	r := &Registry{store: s, configured: make(map[string]*Client, len(configured))}
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

// Get finds a client; a disabled one too, marked so. The result is shared and must not be written to.
// The error is ErrNotFound, or the store's.
func (r *Registry) Get(ctx context.Context, id string) (*Client, error) {
	if c, found := r.configured[id]; found {
		return c, nil
	}
	return r.stored(ctx, id)
}

func (r *Registry) stored(ctx context.Context, id string) (*Client, error) {
	if checkID(id) != nil {
		return nil, ErrNotFound // never stored: spares the store a look for rubbish of any size
	}
	record, err := r.store.Get(ctx, store.Clients, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, ErrNotFound
	case err != nil:
		return nil, fmt.Errorf("read client: %w", err)
	}
	return fromRecord(record)
}

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
