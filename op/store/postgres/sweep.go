package postgres

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// sweeping is the lock of the one node that sweeps. It is the transaction's, and ends with it.
const sweeping = `SELECT pg_try_advisory_xact_lock(hashtextextended('gatehouse sweep ' || current_schema()::text, 0::bigint))`

// sweepFor is how long a sweep may take. Nobody waits for it, and the first of a pass may have millions of rows to get
// past: those that were deleted are in the index until the table is vacuumed, and while some other transaction is old
// (a dump) each of them is looked at.
const sweepFor = 30 * time.Second

// pass is how far a node has come with sweeping. It ends with the sweep that finds no more, so that what was held
// by somebody, or has appeared behind it, is found by the next.
type pass struct {
	mu sync.Mutex
	// at is the place in store.Kinds of the kind whose records are swept now, and from the expiry of the last that was
	// of each.
	at   int
	from map[store.Kind]int64
}

// begin makes it a new pass.
func (p *pass) begin() { p.at, p.from = 0, make(map[store.Kind]int64) }

// Sweep implements store.Store. While another node sweeps there is nothing to do for this one.
func (s *Store) Sweep(ctx context.Context, now time.Time, limit int) (int, error) {
	if err := s.enter(ctx, "sweep"); err != nil {
		return 0, err
	}
	defer s.inFlight.Done()
	if limit < 1 {
		return 0, fmt.Errorf("%w: a sweep needs a positive limit", store.ErrInvalid)
	}
	s.pass.mu.Lock()
	defer s.pass.mu.Unlock()
	if s.pass.from == nil {
		s.pass.begin()
	}
	swept := 0
	_, err := s.once(ctx, time.Now().Add(sweepFor), func(working context.Context, conn *pgx.Conn) error {
		// Unlike a commit it is given up at once when the store is closed: it is as if it had not begun.
		deadline, _ := working.Deadline()
		working, cancel := context.WithDeadline(ctx, deadline)
		defer cancel()
		if err := s.answers(working, conn); err != nil {
			return err
		}
		now := s.passed(now)
		return pgx.BeginFunc(working, conn, func(tx pgx.Tx) (err error) {
			swept, err = s.pass.sweep(working, tx, now.UnixMilli(), limit)
			return err
		})
	})
	if err != nil || swept < limit {
		s.pass.begin()
	}
	if err != nil {
		return 0, store.Unavailable("sweep", fault(err))
	}
	return swept, nil
}

// answers is nil if the server does, as soon as it answers anybody: a sweep has longer because of its rows, and not to wait for
// a server that is silent.
func (s *Store) answers(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.StatementTimeout)
	defer cancel()
	return s.alive(ctx, conn)
}

// passed is now, or what the database's clock has just shown if it is not so late there. A machine whose clock is set ahead
// knows that when it reads the other, or later if the database was away. What it refuses until then is good again afterwards; what
// it deleted would be gone for all nodes: live grants, and the marks of what was used.
func (s *Store) passed(now time.Time) time.Time {
	if there := s.now(); s.clock != nil && there.Before(now) {
		return there
	}
	return now
}

// sweep deletes up to limit records, of one kind after the other.
func (p *pass) sweep(ctx context.Context, tx pgx.Tx, now int64, limit int) (swept int, err error) {
	var alone bool
	if err := tx.QueryRow(ctx, sweeping).Scan(&alone); err != nil || !alone {
		return 0, err
	}
	if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = `+strconv.FormatInt(sweepFor.Milliseconds(), 10)); err != nil {
		return 0, err
	}
	for range store.Kinds {
		k := store.Kinds[p.at]
		var deleted int
		last, begun := p.from[k]
		if !begun {
			last = math.MinInt64
		}
		if err := tx.QueryRow(ctx, texts[k].sweep, now, limit-swept, last).Scan(&deleted, &last); err != nil {
			return 0, err
		}
		p.from[k] = last
		if swept += deleted; swept == limit {
			break
		}
		p.at = (p.at + 1) % len(store.Kinds)
	}
	return swept, nil
}
