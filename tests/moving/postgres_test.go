package moving

import (
	"path/filepath"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// TestMoveToPostgreSQL moves what a SQLite store knows to a database, where all of it goes on, and brings a copy back to
// a file, where nobody is signed in and everybody can be.
func TestMoveToPostgreSQL(t *testing.T) {
	t.Parallel()
	dir, elsewhere, back := t.TempDir(), t.TempDir(), t.TempDir()
	house := newHouse(t, dir)
	c := house.Start(t, dir)
	l := leave(t, house, c)
	file := exported(t, dir, house, c)

	shared := house.With(func(h *harness.House) { h.Store, h.Database = "", harness.Database(t) })
	l.house = shared
	mustRun(t, elsewhere, shared, "import", file)
	output, err := run(t, elsewhere, shared, "import", file)
	refused(t, output, err, "not empty")
	c = shared.Start(t, elsewhere)
	l.goesOn(t, c)

	output, err = run(t, elsewhere, shared, "export", filepath.Join(back, "all.ndjson"))
	refused(t, output, err, "--copy")
	l = leave(t, shared, c)
	file = filepath.Join(back, "copy.ndjson")
	mustRun(t, elsewhere, shared, "export", "--copy", file)
	isPrivate(t, file)
	c.Stop(t)
	l.house = in(house, back)
	mustRun(t, back, l.house, "import", file)
	c = l.house.Start(t, back)
	l.nothingLives(t, c)
}
