package faults

import (
	"fmt"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/faults/load"
	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// endures has a fault befall a world so many times, and reports what came of it.
func endures(t *testing.T, w *load.World, what string, f load.Fault, times int) {
	t.Helper()
	done, refused := w.Ledger.Acknowledged(), w.Ledger.Refused()
	back := w.BefallOften(t, f, times)
	w.CheckAll(t)
	harness.Report(t, what, times, fmt.Sprintf("%d answers acknowledged, none lost; %d were 503; served again within %s at most",
		w.Ledger.Acknowledged()-done, w.Ledger.Refused()-refused, back.Round(10*time.Millisecond)))
}

// recovers is how soon nodes serve again when their store does, without being started again. The promise is five seconds.
// The tests that are run by everybody share two cores with others and have the race detector on, so there it is more.
func recovers() time.Duration { return time.Duration(harness.Times(30, 5)) * time.Second }

// refusesSome waits until the store does not take something any more.
func refusesSome(t testing.TB, w *load.World, _ []*load.Node) {
	t.Helper()
	before := w.Ledger.Refused()
	for began := time.Now(); w.Ledger.Refused() == before && !w.Ledger.Blamed(); time.Sleep(time.Millisecond) {
		if time.Since(began) > time.Minute {
			t.Error("nobody is told that somebody cannot tell")
			return
		}
	}
}
