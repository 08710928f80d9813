package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/shelf"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

const (
	// documentFresh is how long a document is used at least, longestUse at most, whatever its answer says: a person
	// who signs in should meet the same client on every page, and strangers do not say how often we ask.
	documentFresh = time.Minute
	// documentFailed is how long a URL that gave nothing is left alone. It is a brake and no answer that is kept: the
	// draft forbids to cache errors, in section 4.4 (5.2 since revision 02), so that a client that was put right works.
	documentFailed = 10 * time.Second
	// How often one network may make us look at documents we do not have at hand. Whoever asks has not signed in.
	documentsEach   = 30
	documentsWindow = time.Minute
)

// DocumentsDeps are what Documents rests on.
type DocumentsDeps struct {
	// Fetch reads documents; give it to nobody else, since anybody can keep it busy. FetchAllowed reads those of
	// clients that somebody has allowed something, so that these do not wait for whatever strangers name.
	Fetch, FetchAllowed shelf.Getter
	// Allow are the hosts that documents, and what they have us call, may be at; empty for all.
	Allow []string
	// Offer is what there is for such a client.
	Offer Offer
	// OneHost lets a client show people only what lies on its own host or one of its redirect URIs.
	OneHost bool
	// Throttle counts by network how often strangers made us ask.
	Throttle *throttle.Throttle
	Now      func() time.Time
}

// Documents are the clients whose client_id is the URL of a document that describes them
// (draft-ietf-oauth-client-id-metadata-document). It is safe for concurrent use.
type Documents struct {
	DocumentsDeps
	flights singleflight.Group
	held    *otter.Cache[string, *described]
}

// described is what a URL gave: a client, or why there is none.
type described struct {
	client *Client
	err    error
	until  time.Time
	size   uint32
}

// NewDocuments makes the Documents of one configuration; it does no I/O.
func NewDocuments(d DocumentsDeps) *Documents {
	return &Documents{
		DocumentsDeps: d,
		held: otter.Must(&otter.Options[string, *described]{
			MaximumWeight: derived, Weigher: func(_ string, one *described) uint32 { return max(one.size, clientSize) },
		}),
	}
}

// admits reports whether id may be a client here; nobody is called for that.
func (d *Documents) admits(id string) bool {
	if d == nil {
		return false
	}
	u, err := documentURL(id)
	return err == nil && allowsHost(d.Allow, u.Host)
}

// get gives the client as its document says now. The document is read if it is not at hand, for which the network
// pays that asks. allowed says that somebody has allowed this client something before. The error tells that there is no such client, that the network has asked too often, or wraps
// oauth.ErrUnavailable when the document was not asked for.
func (d *Documents) get(ctx context.Context, id, network string, allowed bool) (*Client, error) {
	if known := d.known(id); known != nil {
		return known.client, known.err
	}
	// Each who waits pays: otherwise one with nothing left would have everybody who waits with them refused.
	_, wait, ok := d.Throttle.Reserve(throttle.Limit{Key: "metadata documents " + network, Attempts: documentsEach, Window: documentsWindow})
	if !ok {
		return nil, web.RetryAfter(oauth.TooManyRequests("too many clients from this network", nil), wait)
	}
	got, err, _ := d.flights.Do(id, func() (any, error) {
		if known := d.known(id); known != nil {
			return known, nil
		}
		read, err := d.read(context.WithoutCancel(ctx), id, allowed) // others wait for this, who have not given up
		if err != nil {
			return nil, err
		}
		d.held.Set(id, read)
		return read, nil
	})
	if err != nil {
		return nil, err
	}
	found, ok := got.(*described)
	if !ok {
		return nil, ErrNotFound
	}
	return found.client, found.err
}

// known is what is at hand, nil for nothing.
func (d *Documents) known(id string) *described {
	known, ok := d.held.GetIfPresent(id)
	if !ok || !d.Now().Before(known.until) {
		return nil
	}
	return known
}

func (d *Documents) read(ctx context.Context, id string, allowed bool) (*described, error) {
	now, from := d.Now(), d.Fetch
	if allowed {
		from = d.FetchAllowed
	}
	document, err := from.Get(ctx, id)
	if errors.Is(err, oauth.ErrUnavailable) {
		return nil, err // it was not asked
	}
	var c *Client
	if err == nil {
		c, err = d.readDocument(id, document)
	}
	if err != nil {
		refusal := oauth.InvalidRequest("client_id leads to no metadata document that describes a client", fmt.Errorf("%s: %w", documentHost(id), err))
		return &described{err: refusal, until: now.Add(documentFailed)}, nil
	}
	return &described{client: c, until: now.Add(min(max(document.FreshFor, documentFresh), longestUse)), size: uint32(len(document.Body))}, nil
}
