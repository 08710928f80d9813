package faults

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed-5b16f944/gatehouse/tests/faults/load"
	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// connections is how many a Caddy may have to its database: the default of max_conns, and the listener.
const connections = 16 + 1

// misconfigured is a configuration that must not be taken, with what Caddy must say against it.
type misconfigured struct{ options, sites, says string }

// misconfigurations of a node. One that listens to nobody and one whose port is another's are found when all else runs.
func misconfigurations(t *testing.T, n *load.Node) []misconfigured {
	t.Helper()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts and says nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	with := func(change func(*harness.House)) *harness.House { return n.House.With(change) }
	elsewhere := func(port int) string {
		return strings.Replace(with(func(h *harness.House) { h.Database = "another" }).Options(), "{env.GATEHOUSE_TEST_DATABASE}",
			fmt.Sprintf("postgres://nobody@127.0.0.1:%d/none", port), 1)
	}
	taken := silent.Addr().(*net.TCPAddr).Port
	return []misconfigured{
		{n.House.Options(), n.House.Sites() + "\nhttp://127.0.0.1:1 {\nrespond hi\n", "syntax error"},
		{with(func(h *harness.House) { h.Provider += "frobnicate yes\n" }).Options(), n.House.Sites(), "frobnicate"},
		{n.House.Options(), n.House.Sites() + "\nhttp://127.0.0.1:1 {\nopenid_guards main\n}\n", "openid_guards"},
		{elsewhere(1), n.House.Sites(), "postgres store"},
		{elsewhere(taken), n.House.Sites(), "postgres store"},
		{n.House.Options(), n.House.Sites() + fmt.Sprintf("\nhttp://127.0.0.1:%d {\nbind 127.0.0.1\nrespond hi\n}\n", taken), "address already in use"},
		{with(func(h *harness.House) { h.Provider += "client nobody {\nredirect_uris not-a-uri\n}\n" }).Options(), n.House.Sites(), "nobody"},
		{with(func(h *harness.House) { h.Provider += "keys {\nencryption_key " + strings.Repeat("ab", 32) + "\n}\n" }).Options(), n.House.Sites(), "encryption_key"},
	}
}

// TestMust082_ReloadedUnderLoad: every node in turn, every other time by a configuration that must not be taken. Nobody's request
// fails, everything stays as it was acknowledged, and nothing is left behind.
func TestMust082_ReloadedUnderLoad(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]string{"one node, SQLite": "", "two nodes, PostgreSQL": harness.Database(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			house := load.NewHouse(t)
			house.Database = database
			// In the short run one of two nodes is given each that must not be taken.
			reloadOften(t, load.NewWorld(t, house), name, harness.Times(9, 100))
		})
	}
}

func reloadOften(t *testing.T, w *load.World, name string, times int) {
	t.Helper()
	wrong := make([][]misconfigured, len(w.Nodes))
	before := make([]harness.Held, len(w.Nodes))
	// Once before anything is counted: what is made on first use is made then.
	w.Begin()
	w.Await(t, 200)
	for i, n := range w.Nodes {
		wrong[i] = misconfigurations(t, n)
		takes(t, n, -1)
	}
	w.Await(t, 200)
	w.Stop()
	w.Hush()
	for i, n := range w.Nodes {
		before[i] = n.Settle(t, ofStore(n), nil)
	}

	w.Begin()
	done, refused := w.Ledger.Acknowledged(), 0
	for round := range times {
		for i, n := range w.Nodes {
			if round%2 == 0 {
				takes(t, n, round)
				continue
			}
			bad := wrong[i][(round/2*len(w.Nodes)+i)%len(wrong[i])]
			refused++
			if err := n.Load(t, bad.options, bad.sites); err == nil || !strings.Contains(err.Error(), bad.says) {
				t.Errorf("a configuration that must not be taken: %v, want %q", err, bad.says)
			}
		}
		w.Await(t, 20)
		if t.Failed() || w.Ledger.Blamed() {
			break
		}
	}
	w.Stop()
	w.CheckAll(t)
	w.Hush()
	resets := int64(0)
	for i, n := range w.Nodes {
		spare := 0
		if n.House.Database != "" {
			spare = connections // the pool opens them as they are needed
		}
		before[i].WantNoMore(t, n.Caddy, ofStore(n), spare)
		resets += n.Resets()
	}
	if n := connected(t, w.Nodes[0].House.Database); n > len(w.Nodes)*connections {
		t.Errorf("%d connections to the database, want %d for each node at most", n, connections)
	}
	harness.Report(t, name+": reloaded under load", times*len(w.Nodes), fmt.Sprintf(
		"%d of them refused as they had to be; %d answers acknowledged, none failed, none lost; no goroutine, file or connection left; %d connections reset by Caddy before their request was read",
		refused, w.Ledger.Acknowledged()-done, resets))
}

// takes loads a configuration that differs from the one before.
func takes(t *testing.T, n *load.Node, round int) {
	t.Helper()
	good := n.House.With(func(h *harness.House) { h.Guard += fmt.Sprintf("\nrealm configuration-%d", round) })
	if err := n.Load(t, good.Options(), good.Sites()); err != nil {
		t.Errorf("a configuration like the one before: %v", err)
	}
}

// ofStore says which files are those of a node's SQLite, which are opened as they are needed.
func ofStore(n *load.Node) func(name string) bool {
	return func(name string) bool {
		return n.House.Store != "" && strings.HasPrefix(name, filepath.Dir(n.House.Store))
	}
}

// connected is how many connections the nodes have to their database.
func connected(t *testing.T, database string) (n int) {
	t.Helper()
	if database == "" {
		return 0
	}
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	// One that is being closed is there for a moment.
	for range 50 {
		if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gatehouse' AND datname = current_database()`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n <= 2*connections {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	return n
}
