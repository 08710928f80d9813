package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Snapshot is a store as it was at one moment, for reading. It needs no lock: a program may go on writing to the
// store, whose write-ahead log grows as long as the snapshot is open.
type Snapshot struct {
	db *sql.DB
	tx *sql.Tx
	at int64
}

// OpenSnapshot takes a snapshot of the store at path, for whoever closes it. It makes no file and brings no schema
// up to date. What is past its expiry at now is absent.
func OpenSnapshot(ctx context.Context, path string, now time.Time) (*Snapshot, error) {
	path, err := existing(path)
	if err != nil {
		return nil, err
	}
	db, err := connect(path, 1, "query_only(ON)")
	if err != nil {
		return nil, err
	}
	tx, err := db.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite store %s: %w", path, err), db.Close())
	}
	s := &Snapshot{db: db, tx: tx, at: now.UnixMilli()}
	// The transaction sees the store as it is at its first read, which is this one.
	if _, err := s.List(ctx, store.Secrets, store.Filter{}, "", 1); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite store %s: %w", path, err), s.Close())
	}
	return s, nil
}

// Get is that of store.Store.
func (s *Snapshot) Get(ctx context.Context, k store.Kind, key string) (store.Record, error) {
	if !k.Known() {
		return store.Record{}, fmt.Errorf("%w: unknown kind %q", store.ErrInvalid, k)
	}
	r, err := scan(k, s.tx.QueryRowContext(ctx, texts[k].get, s.at, key))
	if errors.Is(err, sql.ErrNoRows) {
		return store.Record{}, store.ErrNotFound
	}
	if err != nil {
		return store.Record{}, store.Unavailable("get", err)
	}
	return r, nil
}

// List is that of store.Store; all pages are of the same moment.
func (s *Snapshot) List(ctx context.Context, k store.Kind, f store.Filter, after string, limit int) ([]store.Record, error) {
	if !k.Known() || limit < 1 {
		return nil, fmt.Errorf("%w: a list needs a known kind and a positive limit", store.ErrInvalid)
	}
	rows, err := s.tx.QueryContext(ctx, texts[k].listing(f), arguments(s.at, after, limit, f)...)
	if err != nil {
		return nil, store.Unavailable("list", err)
	}
	page, err := readPage(k, rows)
	if err != nil {
		return nil, store.Unavailable("list", err)
	}
	return page, nil
}

// Close lets go of the snapshot.
func (s *Snapshot) Close() error { return errors.Join(s.tx.Rollback(), s.db.Close()) }
