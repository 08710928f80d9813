package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Store keeps records in a SQLite file. It is made by Open.
type Store struct {
	now     func() time.Time
	reading *sql.DB
	writing *sql.DB
	lock    *lock
	writer  *writer
	// prepared holds the *sql.Stmt of each text that was read with.
	prepared sync.Map

	gate     sync.RWMutex
	shut     bool
	inFlight sync.WaitGroup
	closed   chan struct{}
}

var _ store.Store = (*Store)(nil)

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, k store.Kind, key string) (store.Record, error) {
	if err := s.enter(ctx, "get"); err != nil {
		return store.Record{}, err
	}
	defer s.leave()
	t, known := texts[k]
	if !known {
		return store.Record{}, fmt.Errorf("%w: unknown kind %q", store.ErrInvalid, k)
	}
	query, err := s.statement(t.get)
	if err != nil {
		return store.Record{}, store.Unavailable("get", err)
	}
	// A read by key is over in microseconds. For a context that can end the driver starts a goroutine to
	// interrupt it, which costs as much again.
	r, err := scan(k, query.QueryRowContext(context.WithoutCancel(ctx), s.now().UnixMilli(), key))
	if errors.Is(err, sql.ErrNoRows) {
		return store.Record{}, store.ErrNotFound
	}
	if err != nil {
		return store.Record{}, store.Unavailable("get", err)
	}
	return r, nil
}

// List implements store.Store.
func (s *Store) List(ctx context.Context, k store.Kind, f store.Filter, after string, limit int) ([]store.Record, error) {
	if err := s.enter(ctx, "list"); err != nil {
		return nil, err
	}
	defer s.leave()
	t, known := texts[k]
	if !known {
		return nil, fmt.Errorf("%w: unknown kind %q", store.ErrInvalid, k)
	}
	if limit < 1 {
		return nil, fmt.Errorf("%w: a list needs a positive limit", store.ErrInvalid)
	}
	page, err := s.page(ctx, k, t.listing(f), s.now().UnixMilli(), after, limit, f)
	if err != nil {
		return nil, store.Unavailable("list", err)
	}
	return page, nil
}

// page reads the rows of a listing.
func (s *Store) page(ctx context.Context, k store.Kind, text string, now int64, after string, limit int, f store.Filter) ([]store.Record, error) {
	query, err := s.statement(text)
	if err != nil {
		return nil, err
	}
	rows, err := query.QueryContext(ctx, arguments(now, after, limit, f)...)
	if err != nil {
		return nil, err
	}
	return readPage(k, rows)
}

// readPage reads the rows of a listing to their end.
func readPage(k store.Kind, rows *sql.Rows) ([]store.Record, error) {
	defer func() { _ = rows.Close() }()
	var page []store.Record
	for rows.Next() {
		r, err := scan(k, rows)
		if err != nil {
			return nil, err
		}
		page = append(page, r)
	}
	return page, rows.Err()
}

// Watch implements store.Store. The file belongs to one process, so there is no other node and nothing to report.
func (s *Store) Watch(ctx context.Context, _ func(store.Change)) error {
	select {
	case <-ctx.Done():
		return store.Unavailable("watch", ctx.Err())
	case <-s.closed:
		return store.ErrClosed
	}
}

// enter lets a call in unless the store is closed or the caller has given up; leave must follow.
func (s *Store) enter(ctx context.Context, doing string) error {
	if err := ctx.Err(); err != nil {
		return store.Unavailable(doing, err)
	}
	s.gate.RLock()
	defer s.gate.RUnlock()
	if s.shut {
		return store.ErrClosed
	}
	s.inFlight.Add(1)
	return nil
}

// leave tells Close that a call is over.
func (s *Store) leave() { s.inFlight.Done() }

// statement prepares a text for reading, once; database/sql repeats it on each connection of the pool.
func (s *Store) statement(text string) (*sql.Stmt, error) {
	if p, ok := s.prepared.Load(text); ok {
		return p.(*sql.Stmt), nil
	}
	// Not under a caller's context: the statement outlives the call that happened to need it first.
	made, err := s.reading.PrepareContext(context.Background(), text)
	if err != nil {
		return nil, err
	}
	p, raced := s.prepared.LoadOrStore(text, made)
	if raced {
		_ = made.Close()
	}
	return p.(*sql.Stmt), nil
}

// scan reads one row in the order of columns.
func scan(k store.Kind, row interface{ Scan(...any) error }) (store.Record, error) {
	r := store.Record{Kind: k}
	var expires int64
	err := row.Scan(&r.Key, &r.Version, &expires, &r.GrantID, &r.SessionID, &r.Subject, &r.ClientID, &r.Body)
	if err != nil {
		return store.Record{}, err
	}
	// 0 stands for never: a record that ended in 1970 is absent and does not get here.
	if expires != 0 {
		r.ExpiresAt = time.UnixMilli(expires).UTC()
	}
	return r, nil
}
