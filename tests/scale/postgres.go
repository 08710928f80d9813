package main

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/postgres"
	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
)

// onPostgres is a database.
type onPostgres struct{ dsn string }

// postgresPlaces are two databases of one server that waits for its disk.
func postgresPlaces(t testing.TB) (few, many place) {
	t.Helper()
	server := postgrestest.Start(t)
	server.AsShipped(t)
	return onPostgres{server.Database(t)}, onPostgres{server.Database(t)}
}

func (p onPostgres) location(now func() time.Time) op.Location {
	return op.Location{Driver: op.DriverPostgres, Postgres: p.config(), Now: now}
}

func (p onPostgres) config() op.Postgres { return op.Postgres{DSN: op.PostgresDSN(p.dsn)} }

func (p onPostgres) open(t testing.TB, now func() time.Time) store.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), p.config(), now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// with borrows a connection of its own.
func (p onPostgres) with(t testing.TB, use func(ctx context.Context, conn *pgx.Conn) error) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), p.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if err := use(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
}

func (p onPostgres) fill(t testing.TB, c *copies) {
	t.Helper()
	p.with(t, func(ctx context.Context, conn *pgx.Conn) error {
		for _, k := range store.Kinds {
			next, stop := iter.Pull(c.rows(k))
			_, err := conn.CopyFrom(ctx, pgx.Identifier{string(k)}, columns, pgx.CopyFromFunc(func() ([]any, error) {
				r, more := next()
				if !more {
					return nil, nil
				}
				return values(r), nil
			}))
			stop()
			if err != nil {
				return fmt.Errorf("%s: %w", k, err)
			}
		}
		// What a server that was filled in months has long done.
		_, err := conn.Exec(ctx, "VACUUM ANALYZE")
		return err
	})
}

func (p onPostgres) size(t testing.TB) (bytes int64) {
	t.Helper()
	p.with(t, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "SELECT pg_database_size(current_database())").Scan(&bytes)
	})
	return bytes
}

func (p onPostgres) past(t testing.TB, now time.Time) (all int) {
	t.Helper()
	p.with(t, func(ctx context.Context, conn *pgx.Conn) error {
		for _, k := range store.Kinds {
			var count int
			table := pgx.Identifier{string(k)}.Sanitize()
			if err := conn.QueryRow(ctx, "SELECT count(*) FROM "+table+" WHERE expires_at <= $1", now.UnixMilli()).Scan(&count); err != nil {
				return err
			}
			all += count
		}
		return nil
	})
	return all
}

func (p onPostgres) condition(t testing.TB) (told string) {
	t.Helper()
	p.with(t, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `SELECT format('%s dead rows, %s vacuumings', sum(n_dead_tup), sum(autovacuum_count)) FROM pg_stat_user_tables`).Scan(&told)
	})
	return told
}
