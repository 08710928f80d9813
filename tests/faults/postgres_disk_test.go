package faults

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
	"github.com/seed-5b16f944/gatehouse/tests/faults/load"
	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// places are where a server has no room left, until free is called.
type places struct {
	name        string
	server      *postgrestest.Server
	database    string
	wal, tables func(t testing.TB) (free func())
}

// smallDisks is a server with its write-ahead log on one small disk and its tables on another. nil is that we may not
// mount any.
func smallDisks(t *testing.T) *places {
	t.Helper()
	wal, err := postgrestest.NewDisk(t, 200)
	if err != nil {
		t.Logf("%v: files are limited instead", err)
		return nil
	}
	tables, err := postgrestest.NewDisk(t, 100)
	if err != nil {
		t.Fatal(err)
	}
	p := newPlaces(t, "tmpfs", "--waldir="+wal.Folder(t))
	for _, statement := range []string{
		fmt.Sprintf("CREATE TABLESPACE small LOCATION '%s'", tables.Folder(t)),
		fmt.Sprintf("ALTER DATABASE %s SET TABLESPACE small", databaseName(t, p.database)),
	} {
		if err := p.server.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	full := func(disk *postgrestest.Disk) func(testing.TB) func() {
		return func(t testing.TB) func() {
			disk.Fill(t)
			return func() { disk.Free(t) }
		}
	}
	p.wal, p.tables = full(wal), full(tables)
	return p
}

// limitedFiles is a server whose files may not grow: for those who may not mount disks. A limit below the size of a
// segment of the write-ahead log fails that, one of its very size the one table that is larger.
func limitedFiles(t *testing.T) *places {
	t.Helper()
	p := newPlaces(t, "a limit of files")
	limit := func(bytes int64) func(testing.TB) func() {
		return func(t testing.TB) func() { return p.server.LimitFiles(t, bytes) }
	}
	p.wal = limit(64 << 10)
	p.tables = func(t testing.TB) func() {
		if err := p.server.ExecIn(databaseName(t, p.database), `INSERT INTO refresh_tokens ("key", version, body)`+
			` SELECT 'ballast-' || n, 1, json_build_object('ballast', repeat('x', 700)) FROM generate_series(1, 2000) n ON CONFLICT DO NOTHING`); err != nil {
			t.Fatal(err)
		}
		return p.server.LimitFiles(t, segment)
	}
	return p
}

// segment is the size of a segment of the write-ahead log, in bytes: small, so that a new one is soon needed.
const segment = 1 << 20

func newPlaces(t *testing.T, name string, initdb ...string) *places {
	t.Helper()
	server := harness.Postgres(t, append(initdb, "--wal-segsize=1")...)
	for _, setting := range []string{"wal_recycle = off", "checkpoint_timeout = '1h'", "max_wal_size = '1GB'", "autovacuum = off"} {
		if err := server.Exec("ALTER SYSTEM SET " + setting); err != nil {
			t.Fatal(err)
		}
	}
	if err := server.Exec("SELECT pg_reload_conf()"); err != nil {
		t.Fatal(err)
	}
	return &places{name: name, server: server, database: server.Database(t)}
}

// TestPostgresDiskFull: a server that cannot write its log crashes and comes back when there is room; one that cannot
// extend a table refuses to. Nodes say that they cannot tell, and lose nothing.
func TestPostgresDiskFull(t *testing.T) {
	t.Parallel()
	p := smallDisks(t)
	if p == nil {
		p = limitedFiles(t)
	}
	house := load.NewHouse(t)
	house.Database = p.database
	w := load.NewWorld(t, house)
	tables := outage("", p.tables, refusesSome)
	log := outage("", func(t testing.TB) func() {
		free := p.wal(t)
		return func() {
			free()
			p.server.Revive(t)
		}
	}, func(t testing.TB, w *load.World, struck []*load.Node) {
		useLog(t, w, p.server)
		nobodyCanTell(t, w, struck)
	})
	endures(t, w, "no room for tables of PostgreSQL ("+p.name+")", tables, harness.Times(1, 20))
	endures(t, w, "no room for the write-ahead log of PostgreSQL ("+p.name+")", log, harness.Times(1, 20))
}

// useLog has the server begin segments of its log until there is no room for another.
func useLog(t testing.TB, w *load.World, server *postgrestest.Server) {
	t.Helper()
	before := w.Ledger.Refused()
	for began := time.Now(); w.Ledger.Refused() == before && !w.Ledger.Blamed(); time.Sleep(time.Millisecond) {
		_ = server.Exec("SELECT pg_switch_wal()") // fails with the server
		if time.Since(began) > time.Minute {
			t.Error("there is room for the log")
			return
		}
	}
}

func databaseName(t testing.TB, dsn string) string {
	t.Helper()
	address, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(address.Path, "/")
}
