package faults

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/faults/load"
	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// TestAClockIsSetUnderLoad: by up to a minute, back and forth, at one node. Nobody is refused, let alone what was ended taken,
// since everything lives for longer than that.
func TestAClockIsSetUnderLoad(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]string{"one node, SQLite": "", "two nodes, PostgreSQL": harness.Database(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			house := load.NewHouse(t)
			house.Database, house.Clocks = database, t.TempDir()
			w := load.NewWorld(t, house)
			endures(t, w, name+": the clock of a machine set by up to a minute", load.Fault{
				Name: "clock set", One: true, Weather: load.Fair, Within: recovers(),
				Strike: func(t testing.TB, _ *load.World, struck []*load.Node) (mend func() time.Time) {
					by := time.Duration(rand.Int64N(int64(2*time.Minute))) - time.Minute
					struck[0].House.SetClock(t, by)
					return func() time.Time {
						struck[0].House.SetClock(t, time.Duration(rand.IntN(2))*by) // it stays so, or is put right
						return time.Now()
					}
				},
			}, harness.Times(4, 100))
			for _, n := range w.Nodes {
				if n.Resets() > 0 {
					t.Errorf("%d connections were reset", n.Resets())
				}
			}
		})
	}
}
