package faults

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// TestADatabaseIsStartedAfterCaddy: whoever starts both at once, as a composition of containers does, need not care which
// is first. Whoever reloads is told at once that a database is not there, since all goes on without it.
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

	nowhere := strings.Replace(house.Options(), "storage postgres {", "storage postgres {\nstatement_timeout 1s", 1)
	nowhere = strings.Replace(nowhere, "dsn {env.GATEHOUSE_TEST_DATABASE}", "dsn postgres://nobody@127.0.0.1:1/none", 1)
	began := time.Now()
	if err := c.Load(t, nowhere, house.Sites()); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("a database that is not there: %v", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("that is told after %s", took)
	}
	house.SignedIn(t, c)
}
