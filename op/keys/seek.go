package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// seekEvery is the least time between two looks into the store for keys that this ring does not know. Who makes up
// the names of keys has the store asked five times a second and no more, and waits for it.
const seekEvery = 200 * time.Millisecond

// seeker looks for the keys that another node has made and signs with before this one was told: the first of its
// algorithm, and the one that takes over from a key that was removed in an emergency. To refuse such a token would be
// to refuse a good one; a revocation of it would be answered as if it were done.
//
// Of all who wait one looks, for the others too: a look counts for everybody who came before it began.
type seeker struct {
	// turn is held by who looks, and guards failed and at.
	turn chan struct{}
	// begun and ended count the looks.
	begun, ended atomic.Uint64
	failed       error
	at           time.Time
}

// unnamed is the number of characters of a kid of ours: a SHA-256 digest in base64url.
const unnamed = 43

// foreseen reports whether header is, byte for byte, what some key of a ring would write for that typ. Whatever else a
// stranger sends is no reason to ask the store.
func foreseen(header []byte, typ string) bool {
	rest, ok := strings.CutPrefix(string(header), `{"alg":"`)
	if !ok {
		return false
	}
	alg, rest, ok := strings.Cut(rest, `","kid":"`)
	if !ok || !slices.Contains(SigningAlgs, alg) || len(rest) <= unnamed || rest[unnamed] != '"' {
		return false
	}
	_, canonical := decode64(rest[:unnamed])
	return canonical && ends(rest[unnamed+1:], typ)
}

// look has the store read. When it returns without an error, that was begun after the call. The error is that of the
// store, or of a context that has ended.
func (s *seeker) look(ctx context.Context, read func(context.Context) error) error {
	begun, ended := s.begun.Load(), s.ended.Load()
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return gaveUp(ctx)
	}
	switch {
	case s.begun.Load() > begun:
		return s.failed
	case s.ended.Load() > ended && s.failed != nil:
		return s.failed // a store that is away is not waited for twice
	}
	if wait := seekEvery - time.Since(s.at); wait > 0 {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return gaveUp(ctx)
		}
	}
	s.at = time.Now()
	s.begun.Add(1)
	// Others wait for it as well, so it does not end with this request.
	s.failed = read(context.WithoutCancel(ctx))
	s.ended.Add(1)
	return s.failed
}

func gaveUp(ctx context.Context) error {
	return fmt.Errorf("keys: look for a key: %w", errors.Join(oauth.ErrUnavailable, ctx.Err()))
}

// catchUp reads the keys again if the ring has changed since they were read.
func (r *Ring) catchUp(ctx context.Context) error {
	release, err := r.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	w, err := r.loadHead(ctx)
	if err != nil || w.headVersion == r.current.Load().headVersion {
		return err
	}
	if err := r.loadKeys(ctx, w); err != nil {
		return err
	}
	return r.publish(w)
}
