package postgres_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/postgres"
	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
)

// TestACrashGivesNumbersOfTransactionsAgain: a server that crashes forgets which numbers it has given to transactions of
// which nothing was on disk, and gives them to others. Who asks what became of such a number hears of another's commit.
func TestACrashGivesNumbersOfTransactionsAgain(t *testing.T) {
	server := postgrestest.Start(t)
	for _, statement := range []string{
		// So that nothing of a transaction reaches the disk before its COMMIT does.
		"ALTER SYSTEM SET wal_writer_delay = '10s'", "ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()",
	} {
		if err := server.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	p, dsn := between(t, server.Database(t))
	s, err := postgres.Open(t.Context(), postgres.Config{DSN: postgres.DSN(dsn), StatementTimeout: 30 * time.Second}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	var crashing sync.Mutex
	p.meanwhile = func() {
		crashing.Lock()
		defer crashing.Unlock()
		server.Kill(t)
		server.Restart(t)
		for range 10 {
			if err := server.Exec("SELECT pg_current_xact_id()"); err != nil {
				t.Error(err)
			}
		}
	}
	unknown := 0
	for i := range 2 {
		key := fmt.Sprint("k", i)
		p.next.Store(loseIt)
		err := s.Commit(t.Context(), store.Creating(grant(key)))
		crashing.Lock()   // so that it is over
		crashing.Unlock() //nolint:staticcheck // an empty section is what waits
		switch {
		case err == nil:
			stands(t, s, key, 1)
		case errors.Is(err, oauth.ErrUnavailable):
			unknown++
		default:
			t.Errorf("%s: %v", key, err)
		}
	}
	if unknown == 0 {
		t.Error("no number was given again, so nothing was shown")
	}
}
