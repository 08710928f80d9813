package postgres

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Store keeps records in a PostgreSQL database. It is made by Open.
type Store struct {
	config Config
	now    func() time.Time
	// clock is that of the database, nil if now is another.
	clock *clock
	pool  *pgxpool.Pool
	// alone says that no node may be there; otherwise this is one, which admit has to let in, if there is one.
	alone bool
	admit Admission
	// steps are those that the program knows of the schema.
	steps fs.FS
	// node tells our own notifications from those of others; see disown.
	node atomic.Pointer[string]
	pass pass

	gate     sync.RWMutex
	shut     bool
	inFlight sync.WaitGroup
	closed   chan struct{}
}

var _ store.Store = (*Store)(nil)

// Now is the time that expiry goes by here.
func (s *Store) Now() time.Time { return s.now() }

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, k store.Kind, key string) (store.Record, error) {
	if err := s.enter(ctx, "get"); err != nil {
		return store.Record{}, err
	}
	defer s.inFlight.Done()
	if err := checkKind(k); err != nil {
		return store.Record{}, err
	}
	var r store.Record
	err := s.reading(ctx, "get", func(ctx context.Context, conn *pgx.Conn) (err error) {
		r, err = s.by(conn).get(ctx, k, key)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return store.Record{}, store.ErrNotFound
	}
	return r, err
}

// List implements store.Store.
func (s *Store) List(ctx context.Context, k store.Kind, f store.Filter, after string, limit int) ([]store.Record, error) {
	if err := s.enter(ctx, "list"); err != nil {
		return nil, err
	}
	defer s.inFlight.Done()
	if err := checkListing(k, limit); err != nil {
		return nil, err
	}
	var page []store.Record
	err := s.reading(ctx, "list", func(ctx context.Context, conn *pgx.Conn) (err error) {
		page, err = s.by(conn).list(ctx, k, f, after, limit)
		return err
	})
	return page, err
}

// by reads by a connection, as long as the statement may take.
func (s *Store) by(conn *pgx.Conn) reader {
	return reader{from: conn, now: s.now, within: s.config.StatementTimeout}
}

// reading runs what only reads, and runs it again when its connection turns out to be broken. pgx.ErrNoRows is passed
// on as it is; any other error is store.Unavailable.
func (s *Store) reading(ctx context.Context, doing string, read func(context.Context, *pgx.Conn) error) error {
	deadline := time.Now().Add(s.config.StatementTimeout)
	for {
		broken, err := s.once(ctx, deadline, read)
		if err == nil || errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if !broken || !time.Now().Before(deadline) {
			return store.Unavailable(doing, fault(err))
		}
	}
}

// once borrows a connection for work, until deadline. Whoever gives up waiting for a connection, does; work itself goes
// on without them, since the connection it runs on would have to be thrown away. broken says that the connection had to
// be, for a reason of its own.
func (s *Store) once(ctx context.Context, deadline time.Time, work func(context.Context, *pgx.Conn) error) (broken bool, err error) {
	waiting, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	conn, err := s.pool.Acquire(waiting)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return false, err
	}
	defer conn.Release()
	working, cancel := context.WithDeadline(context.WithoutCancel(ctx), deadline)
	defer cancel()
	err = work(working, conn.Conn())
	return conn.Conn().IsClosed(), err
}

// enter lets a call in unless the store is closed or the caller has given up; inFlight.Done must follow.
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
