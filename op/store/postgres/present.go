package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Every connection that reads or writes records holds the lock of those who are present: shared by all nodes, or alone
// by a program that ends or fills the store. The server lets go of it when the connection is over and whatever ran on it
// is undone or done, so nothing that a node has sent can come to pass once somebody has the lock alone. A node that was
// cut off meets the lock, and what was done under it, on the first connection that it makes.
const (
	presence   = `hashtextextended('gatehouse present ' || current_schema()::text, 0::bigint)`
	lockShared = `SELECT pg_try_advisory_lock_shared(` + presence + `)`
	lockAlone  = `SELECT pg_try_advisory_lock(` + presence + `)`
)

// ErrInUse says that a node has a connection to the database, or that somebody else ends or fills the store.
var ErrInUse = errors.New("in use: a Caddy is connected to the database, or another export or import is")

// errTaken is what a node is told.
var errTaken = &failure{"the store is being exported or imported"}

// Admission says whether a node may work with what is in the database. It is asked on every new connection. Its error
// must be fit for a log.
type Admission func(context.Context, store.Reader) error

// Deafness is how long it takes a node that was cut off, at most, to know it and to answer nothing from memory.
const Deafness = beat + patience + beat

// How often, and for how long, a lock that is to be had alone is tried: a connection that was closed is not over at once.
const (
	lockAgain  = 20 * time.Millisecond
	lockWithin = 2 * time.Second
)

// refusal is what an Admission has said.
type refusal struct{ err error }

func (r *refusal) Error() string { return r.err.Error() }

// Unwrap gives the Admission's own error.
func (r *refusal) Unwrap() error { return r.err }

// prepare makes a new connection fit for use: durable, present, admitted.
func (s *Store) prepare(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.StatementTimeout)
	defer cancel()
	if err := durable(ctx, conn); err != nil {
		return err
	}
	if s.alone {
		return aloneIn(ctx, conn, lockWithin)
	}
	if err := present(ctx, conn); err != nil || s.admit == nil {
		return err
	}
	if err := s.admit(ctx, s.by(conn)); err != nil {
		return &refusal{err}
	}
	return nil
}

// present takes the lock for a node.
func present(ctx context.Context, conn *pgx.Conn) error {
	var taken bool
	err := conn.QueryRow(ctx, lockShared).Scan(&taken)
	if err == nil && !taken {
		err = errTaken
	}
	return err
}

// aloneIn takes the lock alone, and tries for that long. It never queues: nodes that connect meanwhile would
// have to wait behind it.
func aloneIn(ctx context.Context, conn *pgx.Conn, within time.Duration) error {
	for began := time.Now(); ; time.Sleep(lockAgain) {
		var taken bool
		if err := conn.QueryRow(ctx, lockAlone).Scan(&taken); err != nil || taken {
			return err
		}
		if time.Since(began) > within {
			return &refusal{ErrInUse}
		}
	}
}
