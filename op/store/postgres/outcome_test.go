package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/postgres"
	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
)

func grant(key string) store.Record {
	return store.Record{Kind: store.Grants, Key: key, Subject: "diana"}
}

// at is r as it was read at a version.
func at(r store.Record, version int64) store.Record {
	r.Version = version
	return r
}

func stands(t *testing.T, s store.Store, key string, version int64) {
	t.Helper()
	got, err := s.Get(t.Context(), store.Grants, key)
	if err != nil || got.Version != version {
		t.Errorf("%s stands at version %d (%v), want %d", key, got.Version, err, version)
	}
}

// TestTheOutcomeIsReadBack: whatever happens to a COMMIT, its author is told what became of it, and nothing happens twice.
func TestTheOutcomeIsReadBack(t *testing.T) {
	p, dsn := between(t, postgrestest.Database(t))
	s := mustOpen(t, dsn, time.Now)
	for i, how := range []int32{loseAnswer, loseIt, loseAnswer, loseIt} {
		key := fmt.Sprint("k", i)
		p.next.Store(how)
		if err := s.Commit(t.Context(), store.Creating(grant(key)), store.Creating(store.Record{Kind: store.Codes, Key: key})); err != nil {
			t.Errorf("%d: %v", i, err)
		}
		stands(t, s, key, 1)
		p.next.Store(how)
		if err := s.Commit(t.Context(), store.Replacing(at(grant(key), 1))); err != nil {
			t.Errorf("%d: %v", i, err)
		}
		stands(t, s, key, 2)
		p.next.Store(how)
		if err := s.Commit(t.Context(), store.Requiring(at(grant(key), 2))); err != nil {
			t.Errorf("%d: a commit that writes nothing: %v", i, err)
		}
		// One that loses is told so, and never comes to a COMMIT.
		p.next.Store(how)
		if err := s.Commit(t.Context(), store.Replacing(at(grant(key), 1))); !errors.Is(err, store.ErrConflict) {
			t.Errorf("%d: a loser got %v", i, err)
		}
		p.next.Store(passOn)
	}
}

// TestAnUnknownOutcomeIsHeardOf: a commit that nobody answered may have come to pass. Its author is told that it is
// unknown, and this node hears of it as of one by another.
func TestAnUnknownOutcomeIsHeardOf(t *testing.T) {
	dsn := postgrestest.Database(t)
	p, through := between(t, dsn)
	s, other := mustOpen(t, through, time.Now), mustOpen(t, dsn, time.Now)
	if err := s.Commit(t.Context(), store.Creating(grant("g"))); err != nil {
		t.Fatal(err)
	}
	p.next.Store(goSilent)
	before := s.Node()
	began := time.Now()
	err := s.Commit(t.Context(), store.Replacing(at(grant("g"), 1)))
	if !errors.Is(err, oauth.ErrUnavailable) || errors.Is(err, store.ErrConflict) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %s", took)
	}
	stands(t, other, "g", 2)
	if s.Node() == before {
		t.Error("its notification will be taken for one of a commit whose outcome is known")
	}
}

// TestACommitThatIsRefused: what the server says no to at COMMIT is not asked about again, and its author is told why, whatever
// language the server speaks.
func TestACommitThatIsRefused(t *testing.T) {
	dsn := postgrestest.Database(t)
	p, through := between(t, dsn)
	s := mustOpen(t, through, time.Now)
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, statement := range []string{
		`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION USING ERRCODE = ''53100''; END'`,
		`CREATE CONSTRAINT TRIGGER late AFTER INSERT ON grants DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION full_disk()`,
	} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, foreign := range []bool{false, true} {
		p.foreign.Store(foreign)
		err := s.Commit(t.Context(), store.Creating(grant("g")))
		if !errors.Is(err, oauth.ErrUnavailable) || !strings.Contains(err.Error(), "53100") {
			t.Errorf("in another language: %t: got %v, want that the disk is full", foreign, err)
		}
	}
	if _, err := s.Get(t.Context(), store.Grants, "g"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("it is stored: %v", err)
	}
}

// TestADeadlockIsRunAgain: somebody else's transaction takes the same records in another order.
func TestADeadlockIsRunAgain(t *testing.T) {
	server := postgrestest.Shared(t)
	dsn := postgrestest.Database(t)
	s, err := postgres.Open(t.Context(), postgres.Config{DSN: postgres.DSN(dsn), StatementTimeout: 30 * time.Second}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Commit(t.Context(), store.Creating(grant("a")), store.Creating(grant("b"))); err != nil {
		t.Fatal(err)
	}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	// With an hour of patience it is not the one that gives way.
	config.User = "postgres"
	config.RuntimeParams["deadlock_timeout"] = "1h"
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	exec := func(statement string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	exec("BEGIN")
	exec(`SELECT 1 FROM grants WHERE "key" = 'b' FOR UPDATE`)
	done := make(chan error, 1)
	go func() {
		done <- s.Commit(context.Background(), store.Replacing(at(grant("a"), 1)), store.Replacing(at(grant("b"), 1)))
	}()
	waitUntil(t, server, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = '"+config.Database+"'")
	exec(`SELECT 1 FROM grants WHERE "key" = 'a' FOR UPDATE`)
	exec("COMMIT")
	if err := <-done; err != nil {
		t.Error(err)
	}
	stands(t, s, "a", 2)
	stands(t, s, "b", 2)
}

// waitUntil waits until a query gives something above zero.
func waitUntil(t *testing.T, server *postgrestest.Server, query string) {
	t.Helper()
	for began := time.Now(); time.Since(began) < 10*time.Second; time.Sleep(5 * time.Millisecond) {
		if err := server.Exec("SELECT 1 / (" + query + ")"); err == nil {
			return
		}
	}
	t.Fatal("it does not happen")
}

// TestConnectionsThatAreTerminated: the server ends every connection again and again while a chain of records is
// written. No acknowledged link is lost, none is there twice, and the writers hear of nothing but an outage.
func TestConnectionsThatAreTerminated(t *testing.T) {
	server := postgrestest.Start(t)
	s := mustOpen(t, server.Database(t), time.Now)
	var stop atomic.Bool
	var writers sync.WaitGroup
	var acknowledged [4]int
	for author := range acknowledged {
		writers.Go(func() {
			for !stop.Load() {
				n := acknowledged[author]
				r := store.Record{Kind: store.UsedOnce, Key: fmt.Sprintf("%d-%06d", author, n), ClientID: fmt.Sprint("author-", author)}
				switch err := s.Commit(context.Background(), store.Creating(r)); {
				case err == nil:
					acknowledged[author]++
				case errors.Is(err, store.ErrExists):
					t.Errorf("author %d: its own commit was made twice, or denied although it was made: %v", author, err)
					return
				case !errors.Is(err, oauth.ErrUnavailable):
					t.Errorf("author %d: %v", author, err)
					return
				default:
					// Unknown: look what became of it.
					if _, err := s.Get(context.Background(), r.Kind, r.Key); err == nil {
						acknowledged[author]++
					}
				}
			}
		})
	}
	for range 30 {
		time.Sleep(20 * time.Millisecond)
		server.Terminate(t)
	}
	stop.Store(true)
	writers.Wait()
	for author, want := range acknowledged {
		got, err := s.List(t.Context(), store.UsedOnce, store.Filter{ClientID: fmt.Sprint("author-", author)}, "", 1_000_000)
		if err != nil || len(got) != want {
			t.Errorf("author %d: %d records, %d acknowledged (%v)", author, len(got), want, err)
		}
	}
	t.Logf("acknowledged: %v", acknowledged)
}
