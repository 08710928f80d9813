package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Fault is an error of pgx as it may be logged.
func Fault(err error) error { return fault(err) }

// Settings are settings of a connection of the pool, and how many connections it may have.
func (s *Store) Settings(ctx context.Context, names ...string) (values []string, most int32, err error) {
	_, err = s.once(ctx, time.Now().Add(time.Minute), func(ctx context.Context, conn *pgx.Conn) error {
		for _, name := range names {
			var value string
			if err := conn.QueryRow(ctx, "SELECT current_setting($1)", name).Scan(&value); err != nil {
				return err
			}
			values = append(values, value)
		}
		return nil
	})
	return values, s.pool.Config().MaxConns, err
}

// Explain gives the plan of a statement, made as if every table were large.
func (s *Store) Explain(ctx context.Context, statement string, args ...any) (plan string, err error) {
	_, err = s.once(ctx, time.Now().Add(time.Minute), func(ctx context.Context, conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off"); err != nil {
			return err
		}
		rows, err := conn.Query(ctx, "EXPLAIN "+statement, args...)
		if err != nil {
			return err
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		for _, line := range lines {
			plan += line + "\n"
		}
		return err
	})
	return plan, err
}

// Node is the name this node goes by now.
func (s *Store) Node() string { return *s.node.Load() }
