package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// headKey is the key of the record every change of the ring rewrites. No thumbprint is that short.
const headKey = "ring"

// attempts bounds the retries of a change that other nodes keep overtaking. Each loss is another node's success. They are
// counted and not timed, as those of store.Again are: to make an RSA key may take longer than the patience of that.
const attempts = 16

// head is the ring as a whole. Its version is the lock of all nodes: who changes any key replaces the head
// that was read before the keys were, in the same commit.
type head struct {
	Epoch uint64 `json:"epoch"`
}

// working is a copy of the stored ring that a change is worked out on.
type working struct {
	head
	headVersion int64 // 0: there is no head yet
	keys        []*signingKey
	touched     []*signingKey
	made        []*signingKey
	removed     []*signingKey
	// shared says that other nodes may serve from the ring, notice how long the first key of an algorithm is shown to
	// them before it signs.
	shared bool
	notice time.Duration
}

// change works out a plan on the stored ring, commits it and lets readers see it. A plan that another node has
// overtaken is worked out again on what that node left. made are the keys that are new by it.
func (r *Ring) change(ctx context.Context, plan func(*working, time.Time) error) (made []Key, err error) {
	release, err := r.take(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	for range attempts {
		w, err := r.load(ctx)
		if err != nil {
			return nil, err
		}
		now := r.now()
		if err := plan(w, now); err != nil {
			return nil, err
		}
		err = r.commit(ctx, w)
		if errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrExists) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, k := range w.made {
			if told, there := k.tell(now); there {
				made = append(made, told)
			}
		}
		return made, r.publish(w)
	}
	return nil, fmt.Errorf("keys: other nodes keep changing the ring: %w", oauth.ErrUnavailable)
}

// take waits for the turn of this process to change the ring.
func (r *Ring) take(ctx context.Context) (release func(), err error) {
	select {
	case r.turn <- struct{}{}:
		return func() { <-r.turn }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("keys: wait for the ring: %w: %w", oauth.ErrUnavailable, ctx.Err())
	}
}

// commit stores what the plan has changed, if anything.
func (r *Ring) commit(ctx context.Context, w *working) error {
	if len(w.touched) == 0 && len(w.removed) == 0 {
		return nil
	}
	body, err := r.rest.body(store.Keys, headKey, w.head)
	if err != nil {
		return err
	}
	record := store.Record{Kind: store.Keys, Key: headKey, Version: w.headVersion, Body: body}
	changes := []store.Change{upsert(record)}
	for _, k := range w.touched {
		record, err := k.record(r.rest)
		if err != nil {
			return err
		}
		changes = append(changes, upsert(record))
	}
	for _, k := range w.removed {
		changes = append(changes, store.Deleting(store.Record{Kind: store.Keys, Key: k.kid, Version: k.version}))
	}
	if err := r.store.Commit(ctx, changes...); err != nil {
		return fmt.Errorf("keys: store the ring: %w", err)
	}
	w.headVersion++
	for _, k := range w.touched {
		k.version++
	}
	return nil
}

func upsert(record store.Record) store.Change {
	if record.Version == 0 {
		return store.Creating(record)
	}
	return store.Replacing(record)
}

// publish shows the ring to its readers.
func (r *Ring) publish(w *working) error {
	s, err := newSnapshot(w, r.now())
	if err != nil {
		return err
	}
	r.current.Store(s)
	return nil
}

// touch marks a key as changed.
func (w *working) touch(k *signingKey) {
	if !slices.Contains(w.touched, k) {
		w.touched = append(w.touched, k)
	}
}

// add makes a key of alg.
func (w *working) add(alg string, l life) error {
	k, err := newKey(alg, l)
	if err != nil {
		return err
	}
	w.keys = append(w.keys, k)
	w.made = append(w.made, k)
	w.touch(k)
	return nil
}

// remove takes a key away for good.
func (w *working) remove(k *signingKey) {
	w.keys = slices.DeleteFunc(w.keys, func(other *signingKey) bool { return other == k })
	w.removed = append(w.removed, k)
}

// in is the newest key of alg in that phase, nil if there is none.
func (w *working) in(alg string, p phase, now time.Time) *signingKey {
	var found *signingKey
	for _, k := range w.keys {
		if k.alg == alg && k.phase(now) == p && (found == nil || k.Activate.After(found.Activate)) {
			found = k
		}
	}
	return found
}
