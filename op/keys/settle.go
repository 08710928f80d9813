package keys

import (
	"context"
	"time"
)

// heardWithin is how soon every node that hears publishes what another has stored.
const heardWithin = time.Second

// settle waits until the other nodes publish the keys that would sign here before they are due, because their
// algorithms have no other. There is no such key once an algorithm has been in use.
func (r *Ring) settle(ctx context.Context, algs []string) {
	if r.seeker == nil {
		return
	}
	now, known := r.now(), r.current.Load()
	var wait time.Duration
	for _, alg := range algs {
		if k := known.signer(alg, now); k != nil && k.phase(now) == next {
			// By a clock that is behind it is due in longer than it was when it was made.
			wait = max(wait, min(k.Activate.Sub(now), heardWithin))
		}
	}
	if wait <= 0 {
		return
	}
	select {
	case <-time.After(wait):
	case <-ctx.Done():
	}
}
