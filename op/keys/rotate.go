package keys

import (
	"context"
	"errors"
	"time"
)

// ErrUnknownKey says that the ring has no key of that name.
var ErrUnknownKey = errors.New("keys: no key with this kid")

// RotateNow replaces the signing keys of p by command. The successors are in the JWKS when it returns and
// sign once they have been there for PublishAhead, so that no verifier meets a key it does not know; the keys
// before them stay as long as anything they signed. The error is p's or the store's.
func (r *Ring) RotateNow(ctx context.Context, p Policy) error {
	if err := p.Check(); err != nil {
		return err
	}
	made, err := r.change(ctx, func(w *working, now time.Time) error {
		if err := w.ensure(p, now); err != nil {
			return err
		}
		for _, alg := range p.Algs {
			if err := w.hasten(alg, p, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	p.tell(ctx, made)
	return nil
}

// hasten lets the successor of the key of alg take over as soon as it may.
func (w *working) hasten(alg string, p Policy, now time.Time) error {
	current, successor := w.in(alg, active, now), w.in(alg, next, now)
	switch {
	case current == nil:
		return nil
	case successor == nil:
		return w.succeed(current, now.Add(p.PublishAhead), p, now)
	}
	if at := latest(now, successor.Published.Add(p.PublishAhead)); at.Before(successor.Activate) {
		w.hand(current, successor, at)
	}
	return nil
}

// hand sets when one key takes over from another.
func (w *working) hand(from, to *signingKey, at time.Time) {
	if from != nil {
		from.Retire = at
		w.touch(from)
	}
	to.Activate = at
	w.touch(to)
}

// Remove takes a key away in an emergency: from its return on nothing it signed is verified in this process,
// hints included, and Epoch has moved. If it was signing, its successor signs at once, or a new key does,
// published beforehand or not: tokens nobody trusts are of no use. ErrUnknownKey if there is no such key,
// otherwise the error is the store's, and then the removal has to be tried again.
func (r *Ring) Remove(ctx context.Context, kid string) error {
	found := false
	_, err := r.change(ctx, func(w *working, now time.Time) error {
		found = false
		for _, k := range w.keys {
			if k.kid == kid {
				found = true
				return w.drop(k, now)
			}
		}
		return nil
	})
	if err == nil && !found {
		return ErrUnknownKey
	}
	return err
}

func (w *working) drop(k *signingKey, now time.Time) error {
	was := k.phase(now)
	w.remove(k)
	w.Epoch++
	current, successor := w.in(k.alg, active, now), w.in(k.alg, next, now)
	switch {
	case was == next && current != nil && successor == nil:
		w.resume(current)
	case was == active && current == nil && successor != nil:
		w.hand(nil, successor, now)
	case was == active && current == nil:
		return w.add(k.alg, life{Published: now, Activate: now, Keep: k.Keep})
	}
	return nil
}
