package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Commit implements store.Store.
func (s *Store) Commit(ctx context.Context, changes ...store.Change) error {
	if err := s.enter(ctx, "commit"); err != nil {
		return err
	}
	defer s.leave()
	if err := store.CheckChanges(changes); err != nil {
		return err
	}
	if len(changes) == 0 {
		return nil
	}
	return s.writer.submit(ctx, "commit", func(w *writer) (refused, failed error) {
		return w.commit(changes)
	})
}

// Sweep implements store.Store.
func (s *Store) Sweep(ctx context.Context, now time.Time, limit int) (int, error) {
	if err := s.enter(ctx, "sweep"); err != nil {
		return 0, err
	}
	defer s.leave()
	if limit < 1 {
		return 0, fmt.Errorf("%w: a sweep needs a positive limit", store.ErrInvalid)
	}
	swept := 0
	err := s.writer.submit(ctx, "sweep", func(w *writer) (refused, failed error) {
		for _, k := range store.Kinds {
			if swept == limit {
				break
			}
			n, err := w.exec(texts[k].sweep, now.UnixMilli(), limit-swept)
			if err != nil {
				return nil, err
			}
			swept += int(n)
		}
		return nil, nil
	})
	if err != nil {
		return 0, err
	}
	return swept, nil
}

// commit makes the changes of one author within the group's transaction: all, or none and refused says which
// one lost.
func (w *writer) commit(changes []store.Change) (refused, failed error) {
	// A lone change that loses has written nothing, so only several need a point to go back to.
	several := len(changes) > 1
	if several {
		if _, err := w.exec("SAVEPOINT author"); err != nil {
			return nil, err
		}
	}
	now := w.now().UnixMilli()
	for _, c := range changes {
		made, err := w.change(c, now)
		if err != nil {
			return nil, err
		}
		if !made {
			refused = store.Lost(c)
			break
		}
	}
	if several && refused != nil {
		if _, err := w.exec("ROLLBACK TO author"); err != nil {
			return nil, err
		}
	}
	if several {
		if _, err := w.exec("RELEASE author"); err != nil {
			return nil, err
		}
	}
	return refused, nil
}

// change makes one change and reports whether the record let it.
func (w *writer) change(c store.Change, now int64) (bool, error) {
	r, t := c.Record, texts[c.Record.Kind]
	switch c.Op {
	case store.Create:
		return w.wrote(t.create, now, r.Key, 1, expiry(r), r.GrantID, r.SessionID, r.Subject, r.ClientID, body(r))
	case store.Replace:
		return w.wrote(t.replace, now, r.Key, r.Version, expiry(r), r.GrantID, r.SessionID, r.Subject, r.ClientID, body(r))
	case store.Delete:
		return w.wrote(t.remove, now, r.Key, r.Version)
	default:
		return w.found(t.require, now, r.Key, r.Version)
	}
}

// wrote runs a statement that writes one row or none.
func (w *writer) wrote(query string, args ...any) (bool, error) {
	n, err := w.exec(query, args...)
	return n == 1, err
}

// found runs a query that gives one row or none.
func (w *writer) found(query string, args ...any) (bool, error) {
	s, err := w.statement(query)
	if err != nil {
		return false, err
	}
	var one int
	err = s.QueryRowContext(context.Background(), args...).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// expiry is the column's value: milliseconds, or NULL for never.
func expiry(r store.Record) any {
	if r.ExpiresAt.IsZero() {
		return nil
	}
	return r.ExpiresAt.UnixMilli()
}

// body is the column's text; bytes would be bound as a blob, which the table refuses.
func body(r store.Record) string {
	if len(r.Body) == 0 {
		return "{}"
	}
	return string(r.Body)
}
