package shelf

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// AskAgain is how long a failure is remembered, and how long Newer is content with what it has: strangers can make
// us ask, so how often is not for them to say.
const AskAgain = 10 * time.Second

// maxHeld bounds the addresses that are remembered.
const maxHeld = 1024

// errLost says that a flight brought something else than it was made for; it cannot happen.
var errLost = errors.New("shelf: nothing was read")

// Getter is what a Shelf uses of a fetch.Client.
type Getter interface {
	Get(ctx context.Context, address string) (fetch.Document, error)
}

// Life says how long an answer is used, whatever it says itself.
type Life struct {
	AtLeast, AtMost time.Duration
	// Ahead has a document read again in the background when half of its time is over, so that nobody waits for it
	// and a short outage of the other side is not felt.
	Ahead bool
}

// Held is what an address gave. It is never written to after it was made.
type Held[T any] struct {
	// Value is what was parsed. It is the same while the document is, to the byte.
	Value T

	err   error // why there is no Value
	body  [sha256.Size]byte
	asked time.Time
	aging time.Time
	until time.Time
}

// Shelf remembers documents by the address they were read from, parsed. It is safe for concurrent use.
type Shelf[T any] struct {
	fetch   Getter
	life    Life
	parse   func([]byte) (T, error)
	now     func() time.Time
	flights singleflight.Group
	held    *otter.Cache[string, *Held[T]]
	// tending says that a document is being read ahead of its time; one after another is soon enough.
	tending atomic.Bool
}

// New makes a Shelf of what parse makes of documents.
func New[T any](f Getter, life Life, parse func(body []byte) (T, error), now func() time.Time) *Shelf[T] {
	return &Shelf[T]{
		fetch: f, life: life, parse: parse, now: now,
		held: otter.Must(&otter.Options[string, *Held[T]]{MaximumSize: maxHeld}),
	}
}

// Get gives what an address said last, or asks it when that is too old. An error that does not wrap
// oauth.ErrUnavailable is what the address said, or that it said nothing.
func (s *Shelf[T]) Get(ctx context.Context, address string) (*Held[T], error) {
	now := s.now()
	known := s.known(address)
	if known == nil || !now.Before(known.until) {
		return s.ask(ctx, address, func(known *Held[T], now time.Time) bool { return known != nil && now.Before(known.until) })
	}
	if s.life.Ahead && known.err == nil && now.After(known.aging) && now.After(known.asked.Add(AskAgain)) {
		s.ahead(ctx, address, known)
	}
	return known, known.err
}

// Newer gives something newer than held if the address may be asked again by now, else held itself.
func (s *Shelf[T]) Newer(ctx context.Context, address string, held *Held[T]) (*Held[T], error) {
	return s.ask(ctx, address, func(known *Held[T], now time.Time) bool {
		return known != nil && now.Before(known.until) && (known != held || now.Before(known.asked.Add(AskAgain)))
	})
}

// ahead reads an address again while nobody waits for it. What fails is tried again after AskAgain.
func (s *Shelf[T]) ahead(ctx context.Context, address string, known *Held[T]) {
	if !s.tending.CompareAndSwap(false, true) {
		return
	}
	ctx = context.WithoutCancel(ctx)
	go func() {
		defer s.tending.Store(false)
		_, _ = s.Newer(ctx, address, known)
	}()
}

func (s *Shelf[T]) known(address string) *Held[T] {
	known, _ := s.held.GetIfPresent(address)
	return known
}

// ask reads the address, unless what is known by then will do.
func (s *Shelf[T]) ask(ctx context.Context, address string, will func(known *Held[T], now time.Time) bool) (*Held[T], error) {
	got, err, _ := s.flights.Do(address, func() (any, error) {
		known := s.known(address)
		if will(known, s.now()) {
			return known, nil
		}
		// Others wait for this, who have not given up.
		read, err := s.read(context.WithoutCancel(ctx), address, known)
		if err != nil {
			return nil, err
		}
		s.held.Set(address, read)
		return read, nil
	})
	if err != nil {
		return nil, err
	}
	found, ok := got.(*Held[T])
	if !ok {
		return nil, errLost
	}
	return found, found.err
}

// read asks the address. A failure is remembered like an answer, but what is still fresh outlives it: otherwise
// whoever makes us ask at the right moment would lock the other party out.
func (s *Shelf[T]) read(ctx context.Context, address string, known *Held[T]) (*Held[T], error) {
	now := s.now()
	document, err := s.fetch.Get(ctx, address)
	if errors.Is(err, oauth.ErrUnavailable) {
		return nil, err // it was not asked
	}
	fresh := known != nil && known.err == nil && now.Before(known.until)
	read := &Held[T]{asked: now, err: err}
	if err == nil {
		life := min(max(document.FreshFor, s.life.AtLeast), s.life.AtMost)
		read.until, read.aging = now.Add(life), now.Add(life/2)
		if read.body = sha256.Sum256(document.Body); known != nil && known.err == nil && known.body == read.body {
			read.Value = known.Value
			return read, nil
		}
		read.Value, read.err = s.parse(document.Body)
	}
	switch {
	case read.err == nil:
		return read, nil
	case fresh:
		kept := *known
		kept.asked = now
		return &kept, nil
	}
	return &Held[T]{err: read.err, asked: now, until: now.Add(AskAgain)}, nil
}
