package faults

import (
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// TestADatabaseIsStartedAfterCaddy: whoever starts both at once, as a composition of containers does, need not care which is first.
func TestADatabaseIsStartedAfterCaddy(t *testing.T) {
	t.Parallel()
	server := harness.Postgres(t)
	house := newHouse(t, t.TempDir())
	house.Store, house.Database = "", server.Database(t)
	server.Stop(t)
	var starting sync.WaitGroup
	starting.Go(func() {
		time.Sleep(time.Second)
		server.Restart(t)
	})
	c := house.Start(t, t.TempDir())
	starting.Wait()
	house.SignedIn(t, c)
}
