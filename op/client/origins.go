package client

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

const (
	// originsFresh is for how long the origins of registered clients are remembered.
	originsFresh = time.Minute
	// originsPatience is how long the store is not asked again for an origin that was not there: whoever calls
	// with made-up origins makes it read no more often, and who has just registered is not kept waiting.
	originsPatience = 2 * time.Second
	// originsRest is how many times as long as a reading took the store is left alone after it: registrations are
	// as many and as large as strangers make them, and reading them may not become all that is done.
	originsRest = 10
	// originsPage is how many clients are read at a time.
	originsPage = 500
)

// AllowsOrigin reports whether origin, as a browser writes it (RFC 6454 section 6.2), is that of one of the
// client's redirect URIs. It is compared byte for byte; the port of a loopback address counts, too.
func (c *Client) AllowsOrigin(origin string) bool {
	return !c.Disabled && origin != "" && slices.ContainsFunc(c.RedirectURIs, func(uri string) bool { return web.Origin(uri) == origin })
}

// Origins knows where the pages of clients come from: a browser asks whether a page may call before anybody can
// say which client it speaks for.
type Origins struct {
	clients    *Registry
	now        func() time.Time
	configured map[string]bool
	// turn is held by whoever reads or writes what follows.
	turn  chan struct{}
	known map[string]bool // of registered clients, as they were read last; nil until then
	read  time.Time
	took  time.Duration
}

// NewOrigins collects the origins of the configured clients; those of registered ones are read when they are
// asked for.
func NewOrigins(clients *Registry, now func() time.Time) *Origins {
	o := &Origins{clients: clients, now: now, configured: make(map[string]bool), turn: make(chan struct{}, 1)}
	for _, c := range clients.Configured() {
		c.addOrigins(o.configured)
	}
	return o
}

// Allows reports whether origin is that of a redirect URI of any client that is not disabled. Registered clients
// are remembered for a minute. The error is the store's, or wraps oauth.ErrUnavailable when ctx ends first.
func (o *Origins) Allows(ctx context.Context, origin string) (bool, error) {
	if o.configured[origin] {
		return true, nil
	}
	select { // whoever comes while the store is read waits for that one reading
	case o.turn <- struct{}{}:
		defer func() { <-o.turn }()
	case <-ctx.Done():
		return false, fmt.Errorf("read clients: %w: %w", oauth.ErrUnavailable, ctx.Err())
	}
	now := o.now()
	age := now.Sub(o.read)
	patience := min(max(originsPatience, originsRest*o.took), originsFresh)
	if o.known != nil && (age < patience || age < originsFresh && o.known[origin]) {
		return o.known[origin], nil
	}
	// Who hangs up does not end the reading: it would be wasted, and begun anew for whoever calls next.
	known, err := o.registered(context.WithoutCancel(ctx))
	if err != nil {
		return false, err
	}
	o.known, o.read = known, o.now()
	o.took = o.read.Sub(now)
	return known[origin], nil
}

// registeredOrigins is what matters here of a registration at rest: whoever calls with a made-up origin makes
// all of them be read, so little is.
type registeredOrigins struct {
	Metadata struct {
		RedirectURIs []string `json:"redirect_uris"`
	} `json:"metadata"`
	Disabled bool `json:"disabled"`
}

// registered reads the origins of registered clients. One that cannot be read, or whose id the configuration has
// taken over, adds none.
func (o *Origins) registered(ctx context.Context) (map[string]bool, error) {
	known := make(map[string]bool)
	for after := ""; ; {
		records, err := o.clients.registrations.Store.List(ctx, store.Clients, store.Filter{}, after, originsPage)
		if err != nil {
			return nil, fmt.Errorf("read clients: %w", err)
		}
		for _, record := range records {
			var told registeredOrigins
			if record.Decode(&told) == nil && o.clients.configured[record.Key] == nil &&
				(!IsDocumentID(record.Key) || o.clients.documents.admits(record.Key)) {
				(&Client{RedirectURIs: told.Metadata.RedirectURIs, Disabled: told.Disabled}).addOrigins(known)
			}
		}
		if len(records) < originsPage {
			return known, nil
		}
		after = records[len(records)-1].Key
	}
}

func (c *Client) addOrigins(to map[string]bool) {
	for _, uri := range c.RedirectURIs {
		if origin := web.Origin(uri); origin != "" && !c.Disabled {
			to[origin] = true
		}
	}
}
