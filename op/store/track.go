package store

import (
	"context"
)

// tracked is a store whose changes show in Generations.
type tracked struct {
	Store
	generations *Generations
}

// Track wraps s so that g moves with every change. A Commit bumps the slots of what it creates, replaces or
// deletes after the changes are made and before it returns, so whoever acts on a finished commit finds no
// reader still trusting what was there before; a failed commit bumps too, since its outcome may be unknown.
// Changes that Watch reports bump as well, and all slots move when it reports loss or ends: an open Watch on
// the tracked store is what keeps several nodes in step. Sweep bumps nothing: what it removes was absent
// before.
func Track(s Store, g *Generations) Store { return &tracked{Store: s, generations: g} }

// Close makes everything remembered stale: nothing tells of a change any more. It does so last, because what
// was being read until then would be remembered after.
func (t *tracked) Close() error {
	err := t.Store.Close()
	t.generations.bumpAll()
	return err
}

// Commit passes the changes on and bumps their slots.
func (t *tracked) Commit(ctx context.Context, changes ...Change) error {
	// Deferred, so that a backend that panics half-way leaves no reader with a stale fact.
	defer t.bump(changes...)
	return t.Store.Commit(ctx, changes...)
}

// Watch bumps before it hands a change on, so that the callback may re-read.
func (t *tracked) Watch(ctx context.Context, changed func(Change)) error {
	defer t.generations.bumpAll()
	return t.Store.Watch(ctx, func(c Change) {
		if c.Op == 0 {
			t.generations.bumpAll()
		} else {
			t.bump(c)
		}
		changed(c)
	})
}

// Unwrap is the store that is tracked.
func (t *tracked) Unwrap() Store { return t.Store }

// bump moves the slots of the changes that write.
func (t *tracked) bump(changes ...Change) {
	for _, c := range changes {
		if c.Op != Require {
			t.generations.bump(c.Record.Kind, c.Record.Key)
		}
	}
}
