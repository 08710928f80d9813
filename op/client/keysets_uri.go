package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

const (
	// askAgain is how long an answer is used at least, and a failure too: strangers can make us ask, so how often
	// is not for them to say.
	askAgain = 10 * time.Second
	// longestUse is how long an answer is used at most, whatever it says itself.
	longestUse = 24 * time.Hour
	// maxShelf bounds the addresses that are remembered.
	maxShelf = 1024
)

// fetched is what an address gave: a key set, or why there is none.
type fetched struct {
	set   *keys.PublicKeys
	err   error
	asked time.Time
	until time.Time
}

// shelf remembers key sets by the address they were read from. One address is asked once at a time.
type shelf struct {
	fetch   getter
	now     func() time.Time
	flights singleflight.Group
	held    *otter.Cache[string, *fetched]
}

func newShelf(f getter, now func() time.Time) *shelf {
	return &shelf{fetch: f, now: now, held: otter.Must(&otter.Options[string, *fetched]{MaximumSize: maxShelf})}
}

// get gives what an address said last, or asks it when that is too old.
func (s *shelf) get(ctx context.Context, uri string) (*fetched, error) {
	if known := s.known(uri); known != nil && s.now().Before(known.until) {
		return known, known.err
	}
	return s.ask(ctx, uri, func(known *fetched, now time.Time) bool { return known != nil && now.Before(known.until) })
}

// newer gives something newer than held if the address may be asked again by now, else held itself.
func (s *shelf) newer(ctx context.Context, uri string, held *fetched) (*fetched, error) {
	return s.ask(ctx, uri, func(known *fetched, now time.Time) bool {
		return known != nil && now.Before(known.until) && (known != held || now.Before(known.asked.Add(askAgain)))
	})
}

func (s *shelf) known(uri string) *fetched {
	known, _ := s.held.GetIfPresent(uri)
	return known
}

// ask reads the address, unless what is known by then will do.
func (s *shelf) ask(ctx context.Context, uri string, will func(known *fetched, now time.Time) bool) (*fetched, error) {
	got, err, _ := s.flights.Do(uri, func() (any, error) {
		known := s.known(uri)
		if will(known, s.now()) {
			return known, nil
		}
		// Others wait for this, who have not given up.
		read, err := s.read(context.WithoutCancel(ctx), uri, known)
		if err != nil {
			return nil, err
		}
		s.held.Set(uri, read)
		return read, nil
	})
	if err != nil {
		return nil, err
	}
	found, ok := got.(*fetched)
	if !ok {
		return nil, errNoKeys
	}
	return found, found.err
}

// read asks the address. A failure is remembered like an answer, but keys that are still fresh outlive it:
// otherwise whoever sends an unknown kid at the right moment would lock the client out.
func (s *shelf) read(ctx context.Context, uri string, known *fetched) (*fetched, error) {
	now := s.now()
	document, err := s.fetch.Get(ctx, uri)
	if errors.Is(err, oauth.ErrUnavailable) {
		return nil, err // it was not asked
	}
	var set *keys.PublicKeys
	if err == nil {
		set, err = keys.ParsePublicKeys(document.Body)
	}
	if err == nil {
		return &fetched{set: set, asked: now, until: now.Add(min(max(document.FreshFor, askAgain), longestUse))}, nil
	}
	if known != nil && known.set != nil && now.Before(known.until) {
		return &fetched{set: known.set, asked: now, until: known.until}, nil
	}
	return &fetched{err: fmt.Errorf("jwks_uri: %w", err), asked: now, until: now.Add(askAgain)}, nil
}
