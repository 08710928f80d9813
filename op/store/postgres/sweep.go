package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// sweeping is the lock of the one node that sweeps. It is the transaction's, and ends with it.
const sweeping = `SELECT pg_try_advisory_xact_lock(hashtextextended('gatehouse sweep ' || current_schema(), 0))`

// Sweep implements store.Store. While another node sweeps there is nothing to do for this one.
func (s *Store) Sweep(ctx context.Context, now time.Time, limit int) (int, error) {
	if err := s.enter(ctx, "sweep"); err != nil {
		return 0, err
	}
	defer s.inFlight.Done()
	if limit < 1 {
		return 0, fmt.Errorf("%w: a sweep needs a positive limit", store.ErrInvalid)
	}
	swept := 0
	_, err := s.once(ctx, time.Now().Add(s.config.StatementTimeout), func(ctx context.Context, conn *pgx.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			var alone bool
			if err := tx.QueryRow(ctx, sweeping).Scan(&alone); err != nil || !alone {
				return err
			}
			for _, k := range store.Kinds {
				if swept == limit {
					return nil
				}
				tag, err := tx.Exec(ctx, texts[k].sweep, now.UnixMilli(), limit-swept)
				if err != nil {
					return err
				}
				swept += int(tag.RowsAffected())
			}
			return nil
		})
	})
	if err != nil {
		return 0, store.Unavailable("sweep", fault(err))
	}
	return swept, nil
}
