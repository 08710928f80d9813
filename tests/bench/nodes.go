package main

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// node is one of the Caddys that are measured, which listen at the same ports of different addresses.
type node struct {
	*harness.Caddy
	address, dir, global, sites string
	env                         []string
}

// databaseVariable names the environment variable that the nodes have the connection string from.
const databaseVariable = "GATEHOUSE_BENCH_DATABASE"

// start runs the nodes on their store. A server of PostgreSQL waits for its disk, as it does where it is not for tests.
func (h *house) start(t testing.TB, upstream string) {
	t.Helper()
	var env []string
	storage := fmt.Sprintf("sqlite {\npath %q\n}", filepath.Join(t.TempDir(), "bench.db"))
	if h.storage == onPostgres {
		h.database = harness.Postgres(t)
		h.database.AsShipped(t)
		dsn := h.database.Database(t)
		var err error
		if h.log, err = pgx.Connect(t.Context(), dsn); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = h.log.Close(context.Background()) })
		env = []string{databaseVariable + "=" + dsn}
		storage = fmt.Sprintf("postgres {\ndsn {env.%s}\n}", databaseVariable)
	}
	for i := range h.many {
		n := &node{address: fmt.Sprintf("127.0.0.%d", i+1), dir: t.TempDir(), env: env}
		n.global, n.sites = h.configure(storage, n.address, upstream)
		n.Caddy = harness.StartIn(t, n.dir, n.global, n.sites, n.env...)
		h.nodes = append(h.nodes, n)
	}
}

// restart leaves the nodes with nothing in memory but the same store.
func (h *house) restart(t testing.TB) {
	t.Helper()
	for _, n := range h.nodes {
		n.Stop(t)
	}
	for _, n := range h.nodes {
		n.Caddy = harness.StartIn(t, n.dir, n.global, n.sites, n.env...)
	}
}

// usage is what was used so far: processor time of the nodes and of PostgreSQL, and what that has written to its log, in
// bytes.
type usage struct {
	nodes, database time.Duration
	wal             int64
}

// since is what was used after an earlier usage.
func (u usage) since(before usage) usage {
	return usage{u.nodes - before.nodes, u.database - before.database, u.wal - before.wal}
}

// used implements user.
func (h *house) used() (u usage, err error) {
	for _, n := range h.nodes {
		one, err := cpuTime(n.PID())
		if err != nil {
			return u, err
		}
		u.nodes += one
	}
	if h.database == nil {
		return u, nil
	}
	pids, err := h.database.PIDs()
	if err != nil {
		return u, err
	}
	for _, pid := range pids {
		// One that has just ended is not missed: connections last longer than what is measured.
		if one, err := cpuTime(pid); err == nil {
			u.database += one
		}
	}
	err = h.log.QueryRow(context.Background(), "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint").Scan(&u.wal)
	return u, err
}
