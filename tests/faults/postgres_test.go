package faults

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/faults/load"
	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// outage is a fault of the database of both nodes.
func outage(name string, strike func(testing.TB) (mend func()), while func(testing.TB, *load.World, []*load.Node)) load.Fault {
	return load.Fault{
		Name: name, Weather: load.Rough, Within: recovers(), While: while,
		Strike: func(t testing.TB, _ *load.World, _ []*load.Node) func() time.Time {
			mend := strike(t)
			return func() time.Time {
				mend()
				return time.Now()
			}
		},
	}
}

// TestPostgresFails: whatever befalls the database, both nodes say that they cannot tell, and serve again by themselves
// when it is back.
func TestPostgresFails(t *testing.T) {
	t.Parallel()
	server := harness.Postgres(t)
	house := load.NewHouse(t)
	house.Database = server.Database(t)
	w := load.NewWorld(t, house)
	for _, one := range []struct {
		fault load.Fault
		long  int
	}{
		{outage("PostgreSQL stopped and started", func(t testing.TB) func() {
			server.Stop(t)
			return func() { server.Restart(t) }
		}, nobodyCanTell), 30},
		{outage("PostgreSQL killed and started", func(t testing.TB) func() {
			server.Kill(t)
			return func() { server.Restart(t) }
		}, nobodyCanTell), 30},
		{outage("PostgreSQL paused (SIGSTOP)", server.Pause, nobodyCanTell), 20},
	} {
		t.Run(one.fault.Name, func(t *testing.T) { endures(t, w, one.fault.Name, one.fault, harness.Times(1, one.long)) })
	}
}

// nobodyCanTell waits until both nodes say 503 to everything that only the store can answer.
func nobodyCanTell(t testing.TB, w *load.World, struck []*load.Node) {
	t.Helper()
	var asking sync.WaitGroup
	for _, n := range struck {
		asking.Go(func() { w.CannotTell(t, n) })
	}
	asking.Wait()
}

// TestPostgresConnectionsBreak ends connections in the midst of commits: each commit has come to pass or has not, and
// whoever is told 200 was told the truth.
func TestPostgresConnectionsBreak(t *testing.T) {
	t.Parallel()
	server := harness.Postgres(t)
	house := load.NewHouse(t)
	house.Database, house.Guard = server.Database(t), house.Guard+"\ntoken opaque"
	w := load.NewWorld(t, house)
	undo := server.LongCommits(t)
	defer undo()
	ended, committing := 0, 0
	endures(t, w, "PostgreSQL ends connections at work, over and over for half a second", outage("connections end", func(t testing.TB) func() {
		breaking, cancel := context.WithCancel(t.Context())
		var over sync.WaitGroup
		over.Go(func() {
			some, ofThose, err := server.Break(breaking)
			if err != nil {
				t.Error(err)
			}
			ended, committing = ended+some, committing+ofThose
		})
		return func() {
			time.Sleep(500 * time.Millisecond)
			cancel()
			over.Wait()
		}
	}, nil), harness.Times(2, 100))
	harness.Report(t, "connections ended meanwhile", ended, fmt.Sprintf("%d of them at their COMMIT", committing))
	if committing == 0 {
		t.Error("no connection was ended at its COMMIT")
	}
}
