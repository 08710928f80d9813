package faults

import (
	"context"
	"database/sql"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const stuckWriters = 10

// TestThreat129_StuckWritersLeaveReadersAlone: another program holds the write lock of the file. Whoever
// has to write waits and is then told 503; all the while readers are answered as ever.
func TestThreat129_StuckWritersLeaveReadersAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	house := newHouse(t, dir)
	c := start(t, dir, house)
	client := c.Client(t)
	web := house.Web(client)
	browser := house.SignedIn(t, c)
	tokens := make([]*harness.Reply, stuckWriters)
	for i := range tokens {
		tokens[i] = harness.Must(t)(house.Tokens(client, browser))
	}
	release := lockForWriting(t, house.Store)

	var waiting atomic.Int64
	waiting.Store(stuckWriters)
	answers := make([]*harness.Reply, stuckWriters)
	var writers sync.WaitGroup
	for i := range tokens {
		writers.Go(func() {
			defer waiting.Add(-1)
			answer, err := web.Refresh(tokens[i].RefreshToken)
			if err != nil {
				t.Error(err)
				return
			}
			answers[i] = answer
		})
	}
	reader := c.Client(t)
	for range 5 {
		for _, one := range tokens {
			if got := harness.Must(t)(harness.Guarded(reader, house.API(), one.AccessToken)); got.Status != http.StatusOK {
				t.Errorf("guard: %s", got)
			}
			if got := ask(t, house.Web(reader), one.AccessToken); !got.Active {
				t.Errorf("introspection: %s", got)
			}
			if got := harness.Must(t)(harness.Guarded(reader, house.Issuer()+"/jwks", "")); got.Status != http.StatusOK {
				t.Errorf("JWKS: %s", got)
			}
		}
	}
	if n := waiting.Load(); n != stuckWriters {
		t.Errorf("%d of %d writers were answered before the readers were", stuckWriters-n, stuckWriters)
	}
	writers.Wait()
	for _, answer := range answers {
		if answer != nil {
			wantUnavailable(t, "a writer", answer)
		}
	}
	release()
	for _, one := range tokens {
		if got := harness.Must(t)(web.Refresh(one.RefreshToken)); got.Status != http.StatusOK {
			t.Errorf("after the lock is gone: %s", got)
		}
	}
}

// lockForWriting takes the write lock of a SQLite file, as a careless backup program would.
func lockForWriting(t *testing.T, path string) (release func()) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.WithoutCancel(t.Context())
	conn, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	exec := func(statement string) {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	exec("PRAGMA busy_timeout = 5000")
	exec("BEGIN IMMEDIATE")
	return sync.OnceFunc(func() {
		exec("ROLLBACK")
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
}
