package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Policy says which keys a configuration needs and how they are rotated.
type Policy struct {
	// Algs are the algorithms to have a key for, of SigningAlgs.
	Algs []string
	// RotateEvery is how long a key signs; zero rotates by command only.
	RotateEvery time.Duration
	// PublishAhead is how long a key is in the JWKS before it signs. It bounds the caching of the JWKS.
	PublishAhead time.Duration
	// KeepFor is how long a key stays in the JWKS after it signed last: the longest life of a token, and some
	// skew.
	KeepFor time.Duration
	// Made is told of every key that was made under it, when the key is stored and published; nil tells nobody.
	Made func(context.Context, Key)
}

// longestMaxAge bounds the caching of the JWKS from above: for so long can a key that was removed in an
// emergency be trusted by others.
const longestMaxAge = 15 * time.Minute

// Check refuses a policy under which some token could not be verified.
func (p Policy) Check() error {
	switch {
	case len(p.Algs) == 0:
		return errors.New("keys: no signature algorithm")
	case p.PublishAhead <= 0:
		return errors.New("keys: a key must be published ahead of its use")
	case p.KeepFor <= 0:
		return errors.New("keys: a key must be kept after its use")
	case p.RotateEvery != 0 && p.RotateEvery < p.PublishAhead:
		return errors.New("keys: a key must sign for at least as long as its successor is published ahead")
	}
	for _, alg := range p.Algs {
		if !slices.Contains(SigningAlgs, alg) {
			return fmt.Errorf("%w: %q", ErrAlgorithm, alg)
		}
	}
	return nil
}

// Ensure brings the ring to what p needs at this time: makes missing keys, publishes successors that will be
// due, lets keys of algorithms that p does not name run out, erases private parts that are done. It also
// reads what other nodes have changed. It is called at the start of a configuration and every minute after;
// on several nodes at once one of them does the work. When it returns, every node that hears publishes what
// signs here. The error is p's or the store's, and leaves the ring as it was.
func (r *Ring) Ensure(ctx context.Context, p Policy) error {
	if err := p.Check(); err != nil {
		return err
	}
	made, err := r.change(ctx, func(w *working, now time.Time) error { return w.ensure(p, now) })
	if err != nil {
		return err
	}
	p.tell(ctx, made)
	r.maxAge.Store(int64(min(p.PublishAhead/2, longestMaxAge)))
	r.settle(ctx, p.Algs)
	return nil
}

// tell has it told which keys were made.
func (p Policy) tell(ctx context.Context, made []Key) {
	for _, k := range made {
		if p.Made != nil {
			p.Made(ctx, k)
		}
	}
}

func (w *working) ensure(p Policy, now time.Time) error {
	// Where no key is, no node serves.
	if w.shared && len(w.keys) > 0 {
		w.notice = heardWithin
	}
	for _, alg := range p.Algs {
		if err := w.provide(alg, p, now); err != nil {
			return err
		}
	}
	for _, k := range w.keys {
		if !slices.Contains(p.Algs, k.alg) {
			w.retire(k, latest(now, k.Activate).Add(p.PublishAhead))
		}
		if k.private != nil && k.erasable(now) {
			k.private = nil
			w.touch(k)
		}
	}
	return nil
}

// provide sees to it that alg has a key that signs, and a successor in time.
func (w *working) provide(alg string, p Policy, now time.Time) error {
	current, successor := w.in(alg, active, now), w.in(alg, next, now)
	switch {
	case current == nil && successor == nil:
		return w.add(alg, life{Published: now, Activate: now.Add(w.notice), Keep: p.KeepFor})
	case successor != nil:
		w.resume(successor)
	default:
		w.resume(current)
		if due := current.Activate.Add(p.RotateEvery); p.RotateEvery > 0 && !now.Before(due.Add(-p.PublishAhead)) {
			if err := w.succeed(current, latest(due, now.Add(p.PublishAhead)), p, now); err != nil {
				return err
			}
		}
	}
	for _, k := range []*signingKey{current, successor} {
		if k != nil && k.Keep < p.KeepFor {
			k.Keep = p.KeepFor
			w.touch(k)
		}
	}
	return nil
}

// succeed publishes a successor that takes over at the given time.
func (w *working) succeed(k *signingKey, at time.Time, p Policy, now time.Time) error {
	k.Retire = at
	w.touch(k)
	return w.add(k.alg, life{Published: now, Activate: at, Keep: p.KeepFor})
}

// retire plans the end of a key whose algorithm is no longer wanted. It signs on for a while: a configuration
// that still wants it may be running, or come back when the new one fails.
func (w *working) retire(k *signingKey, at time.Time) {
	if k.Retire.IsZero() {
		k.Retire = at
		w.touch(k)
	}
}

// resume takes back the planned end of a key that has no successor.
func (w *working) resume(k *signingKey) {
	if !k.Retire.IsZero() {
		k.Retire = time.Time{}
		w.touch(k)
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
