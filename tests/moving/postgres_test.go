package moving

import (
	"path/filepath"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// shared is a House of the same issuer whose store is a database.
func shared(house *harness.House, database string) *harness.House {
	return house.With(func(h *harness.House) { h.Store, h.Database = "", database })
}

// TestMoveToPostgreSQLAndBack moves what a SQLite store knows to a database, from there to another one, and back to a
// file: all of it goes on each time. A node that runs keeps the database from being ended, and can be copied.
func TestMoveToPostgreSQLAndBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	house := newHouse(t, dir)
	c := house.Start(t, dir)
	l := leave(t, house, c)
	for _, to := range []*harness.House{
		shared(house, harness.Database(t)), shared(house, harness.Database(t)), in(house, filepath.Join(t.TempDir(), "back")),
	} {
		file := exported(t, dir, l.house, c)
		// Closed for good, whatever it is kept in.
		refusedStart(t, dir, l.house, "moved away")
		output, err := run(t, dir, l.house, "import", file)
		refused(t, output, err, "not empty")

		dir = t.TempDir()
		l.house = to
		mustRun(t, dir, to, "import", file)
		output, err = run(t, dir, to, "import", file)
		refused(t, output, err, "not empty")
		c = to.Start(t, dir)
		l.goesOn(t, c)
		l = leave(t, to, c)
	}
}

// TestADatabaseInUseIsNotEnded: as long as one node of several runs, though it is asked nothing.
func TestADatabaseInUseIsNotEnded(t *testing.T) {
	t.Parallel()
	dir, other, back := t.TempDir(), t.TempDir(), t.TempDir()
	first := newHouse(t, dir)
	house := shared(first, harness.Database(t))
	second := house.With(func(h *harness.House) { h.Bind = "127.0.0.2" })
	a, b := house.Start(t, dir), second.Start(t, other)
	l := leave(t, house, a)
	copied := filepath.Join(back, "copy.ndjson")
	mustRun(t, dir, house, "export", "--copy", copied)
	for _, c := range []*harness.Caddy{a, b} {
		output, err := run(t, dir, house, "export", filepath.Join(back, "early.ndjson"))
		refused(t, output, err, "in use", "--copy")
		output, err = run(t, dir, house, "import", copied)
		refused(t, output, err, "in use")
		passes(t, house, b.Client(t), l.tokens.AccessToken)
		c.Stop(t)
	}
	mustRun(t, dir, house, "export", filepath.Join(back, "all.ndjson"))
}

// TestACopyOfADatabase is of one that goes on: nobody is signed in to it, and everybody can be.
func TestACopyOfADatabase(t *testing.T) {
	t.Parallel()
	dir, back := t.TempDir(), t.TempDir()
	house := shared(newHouse(t, dir), harness.Database(t))
	output, err := run(t, dir, house, "export", filepath.Join(back, "nothing.ndjson"))
	refused(t, output, err, "no store")
	c := house.Start(t, dir)
	l := leave(t, house, c)
	file := filepath.Join(back, "copy.ndjson")
	mustRun(t, dir, house, "export", "--copy", file)
	isPrivate(t, file)
	passes(t, house, c.Client(t), l.tokens.AccessToken)
	c.Stop(t)
	l.house = in(house, back)
	mustRun(t, back, l.house, "import", file)
	l.nothingLives(t, l.house.Start(t, back))
}
