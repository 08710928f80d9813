package memory

import (
	"context"
	"slices"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// undo puts one record back as it was before a change.
type undo struct {
	kind    store.Kind
	key     string
	before  store.Record
	present bool
}

// Commit implements store.Store.
func (s *Store) Commit(ctx context.Context, changes ...store.Change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.check(ctx, store.Grants, "commit"); err != nil {
		return err
	}
	if err := store.CheckChanges(changes); err != nil {
		return err
	}
	now := s.now()
	var undone []undo
	for _, c := range changes {
		records, key := s.records[c.Record.Kind], c.Record.Key
		before, present := records[key]
		if !s.apply(c, before, present && !before.ExpiredAt(now)) {
			for _, u := range slices.Backward(undone) {
				u.restore(s)
			}
			return store.Lost(c)
		}
		undone = append(undone, undo{kind: c.Record.Kind, key: key, before: before, present: present})
	}
	return nil
}

// apply makes one change to the record that stands, if any, and reports whether it could be made.
func (s *Store) apply(c store.Change, before store.Record, stands bool) bool {
	if c.Op == store.Create {
		if stands {
			return false
		}
		s.keep(c.Record, 1)
		return true
	}
	if !stands || before.Version != c.Record.Version {
		return false
	}
	switch c.Op {
	case store.Replace:
		s.keep(c.Record, before.Version+1)
	case store.Delete:
		delete(s.records[c.Record.Kind], c.Record.Key)
	default: // a Require writes nothing
	}
	return true
}

// keep stores a copy of r as an SQL backend would give it back: milliseconds, UTC, an object for an empty body.
func (s *Store) keep(r store.Record, version int64) {
	r.Version = version
	if !r.ExpiresAt.IsZero() {
		r.ExpiresAt = time.UnixMilli(r.ExpiresAt.UnixMilli()).UTC()
	}
	if r.Body = slices.Clone(r.Body); len(r.Body) == 0 {
		r.Body = []byte("{}")
	}
	s.records[r.Kind][r.Key] = r
}

// restore takes a change back.
func (u undo) restore(s *Store) {
	if u.present {
		s.records[u.kind][u.key] = u.before
	} else {
		delete(s.records[u.kind], u.key)
	}
}
