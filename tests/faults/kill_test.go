package faults

import (
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/faults/load"
	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// killed ends the process of a node as a power cut would, and starts it again on the same data.
var killed = load.Fault{
	Name: "a node is killed", Weather: load.Gone, One: true, Within: backWithin(),
	Strike: func(t testing.TB, w *load.World, struck []*load.Node) (mend func() time.Time) {
		struck[0].Kill(t)
		return func() time.Time { return w.StartAgain(t, struck[0]) }
	},
}

// backWithin is how soon a node that was killed serves again. The promise is two seconds. The tests that are run by
// everybody share two cores with others and have the race detector on, so there it is more.
func backWithin() time.Duration { return time.Duration(harness.Times(60, 2)) * time.Second }

// TestThreat025_KilledUnderLoad kills the one Caddy of a SQLite store at random: what was acknowledged stands, what was
// ended stays dead, and nothing works twice.
func TestThreat025_KilledUnderLoad(t *testing.T) {
	t.Parallel()
	endures(t, load.NewWorld(t, load.NewHouse(t)), "kill -9 of the only node, SQLite", killed, harness.Times(6, 200))
}

// TestThreat025_NodesKilledUnderLoad kills one of two nodes at random. The other goes on meanwhile: nobody there is
// told that somebody cannot tell.
func TestThreat025_NodesKilledUnderLoad(t *testing.T) {
	t.Parallel()
	house := load.NewHouse(t)
	house.Database = harness.Database(t)
	endures(t, load.NewWorld(t, house), "kill -9 of one of two nodes, PostgreSQL", killed, harness.Times(4, 200))
}
