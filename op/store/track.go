package store

import (
	"context"
)

// tracked is a store whose changes show in Generations.
type tracked struct {
	Store
	generations *Generations
	shared      bool
}

// Track wraps s so that g moves with every change. A Commit bumps the slots of what it creates, replaces or
// deletes after the changes are made and before it returns, so whoever acts on a finished commit finds no
// reader still trusting what was there before; a failed commit bumps too, since its outcome may be unknown.
// Changes that Watch reports bump as well, and all slots move when it reports loss or ends. Sweep bumps nothing:
// what it removes was absent before.
//
// It is for a store that no other node writes to; see TrackShared.
func Track(s Store, g *Generations) Store { return &tracked{Store: s, generations: g} }

// TrackShared is Track for a store that other nodes write to as well. An open Watch on it is what keeps them in step:
// until that hears, which its first zero Change says, and again when it has ended, nothing is remembered (see
// Generations.Mark); without its Heard for a second nothing is used (see Generations.Current). What was remembered before
// is stale by then.
func TrackShared(s Store, g *Generations) Store {
	g.shared.Store(true)
	g.turnDeaf()
	return &tracked{Store: s, generations: g, shared: true}
}

// Noticed makes stale what this process remembers of a record, for whoever has found it at an end and is about to say so. Of
// what another node did the news may still be on its way, and nobody may be told yes after they were told that it is over.
// A store that nobody tracks has nothing remembered of it.
func Noticed(s Store, k Kind, key string) {
	if t, ok := s.(*tracked); ok {
		t.generations.bump(k, key)
	}
}

// Close makes everything remembered stale: nothing tells of a change any more. It does so last, because what
// was being read until then would be remembered after.
func (t *tracked) Close() error {
	err := t.Store.Close()
	t.lose()
	return err
}

// Commit passes the changes on and bumps their slots.
func (t *tracked) Commit(ctx context.Context, changes ...Change) error {
	// Deferred, so that a backend that panics half-way leaves no reader with a stale fact.
	defer t.bump(changes...)
	return t.Store.Commit(ctx, changes...)
}

// Watch bumps before it hands a change on, so that the callback may re-read. What Heard says it keeps to itself.
func (t *tracked) Watch(ctx context.Context, changed func(Change)) error {
	defer t.lose()
	return t.Store.Watch(ctx, func(c Change) {
		switch c.Op {
		case 0:
			t.generations.hear()
		case Hearing:
			t.generations.known.Store(&c.Record.ExpiresAt)
			return
		default:
			t.bump(c)
		}
		changed(c)
	})
}

// lose makes everything remembered stale, and of a shared store what will be until a Watch hears again.
func (t *tracked) lose() {
	if t.shared {
		t.generations.turnDeaf()
	} else {
		t.generations.bumpAll()
	}
}

// bump moves the slots of the changes that write.
func (t *tracked) bump(changes ...Change) {
	for _, c := range changes {
		if c.Op != Require {
			t.generations.bump(c.Record.Kind, c.Record.Key)
		}
	}
}
