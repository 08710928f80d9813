package main

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

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
		env = []string{databaseVariable + "=" + h.database.Database(t)}
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

// spent is the processor time that the nodes have used, and that of PostgreSQL.
func (h *house) spent() (nodes, database time.Duration, err error) {
	for _, n := range h.nodes {
		one, err := cpuTime(n.PID())
		if err != nil {
			return 0, 0, err
		}
		nodes += one
	}
	if h.database == nil {
		return nodes, 0, nil
	}
	pids, err := h.database.PIDs()
	if err != nil {
		return 0, 0, err
	}
	for _, pid := range pids {
		// One that has just ended is not missed: connections last longer than what is measured.
		if one, err := cpuTime(pid); err == nil {
			database += one
		}
	}
	return nodes, database, nil
}
