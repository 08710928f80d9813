package postgres_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/postgres"
	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
)

// TestNoStatementScans: every statement finds its rows by an index and in order, or it would get slow as the store grows.
func TestNoStatementScans(t *testing.T) {
	s := mustOpen(t, postgrestest.Database(t), time.Now)
	for _, k := range store.Kinds {
		for statement, args := range postgres.Statements(k) {
			plan, err := s.Explain(t.Context(), statement, args...)
			if err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
			if postgres.Scan.MatchString(plan) {
				t.Errorf("%s\n  is answered by: %s", statement, plan)
			}
			if strings.Contains(statement, "SKIP LOCKED") && !strings.Contains(plan, "_expires_at") {
				t.Errorf("a sweep of %s is answered by: %s", k, plan)
			}
		}
	}
}

// TestListingsInUse: what the program lists is found by what it is listed by, and not by going through all of its kind.
func TestListingsInUse(t *testing.T) {
	s := mustOpen(t, postgrestest.Database(t), time.Now)
	for index, f := range map[string]store.Filter{
		"sessions_subject":           {Subject: "x"},
		"session_clients_subject":    {Subject: "x"},
		"session_clients_session_id": {SessionID: "x"},
		"consents_subject":           {Subject: "x"},
	} {
		i := strings.LastIndex(strings.TrimSuffix(index, "_id"), "_")
		statement, args := postgres.Listing(store.Kind(index[:i]), f)
		plan, err := s.Explain(t.Context(), statement, args...)
		if err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		if !strings.Contains(plan, index) {
			t.Errorf("%s\n  is answered by: %s", statement, plan)
		}
	}
}

// TestAStepThatWasInterrupted: one without a transaction is done again, whatever of it was done.
func TestAStepThatWasInterrupted(t *testing.T) {
	dsn := postgrestest.Database(t)
	mustOpen(t, dsn, time.Now)
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, statement := range []string{
		"DELETE FROM goose_db_version WHERE version_id = 2",
		`CREATE INDEX refresh_tokens_grant_id ON refresh_tokens (grant_id, "key") WHERE grant_id IS NOT NULL`,
	} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	mustOpen(t, dsn, time.Now)
	var indexes []string
	err = conn.QueryRow(t.Context(), "SELECT array_agg(indexname::text ORDER BY indexname) FROM pg_indexes WHERE tablename = 'refresh_tokens'").Scan(&indexes)
	if want := []string{"refresh_tokens_expires_at", "refresh_tokens_pkey"}; err != nil || !slices.Equal(indexes, want) {
		t.Errorf("%v, %v; want %v", indexes, err, want)
	}
}

// TestOneNodeSweeps: what another node works on is left, and of two sweepers one has nothing to do.
func TestOneNodeSweeps(t *testing.T) {
	dsn := postgrestest.Database(t)
	a, b := mustOpen(t, dsn, time.Now), mustOpen(t, dsn, time.Now)
	over := time.Now().Add(-time.Hour)
	for i, key := range []string{"held", "1", "2", "3"} {
		r := store.Record{Kind: store.UsedOnce, Key: key, ExpiresAt: over.Add(time.Duration(i) * time.Minute)}
		if err := a.Commit(t.Context(), store.Creating(r)); err != nil {
			t.Fatal(err)
		}
	}
	conn, err := pgx.Connect(t.Context(), dsn)
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
	exec("SELECT pg_advisory_xact_lock(hashtextextended('gatehouse sweep ' || current_schema(), 0))")
	if n, err := a.Sweep(t.Context(), time.Now(), 100); n != 0 || err != nil {
		t.Errorf("beside another sweeper: %d, %v", n, err)
	}
	exec("ROLLBACK")
	exec("BEGIN")
	exec(`SELECT 1 FROM used_once WHERE "key" = 'held' FOR UPDATE`)
	var sweepers sync.WaitGroup
	var swept [2]int
	for i, s := range []store.Store{a, b} {
		sweepers.Go(func() {
			n, err := s.Sweep(t.Context(), time.Now(), 100)
			if err != nil {
				t.Error(err)
			}
			swept[i] = n
		})
	}
	sweepers.Wait()
	if swept[0]+swept[1] != 3 {
		t.Errorf("swept %v, want 3 in all", swept)
	}
	exec("ROLLBACK")
	if n, err := a.Sweep(t.Context(), time.Now(), 100); n != 1 || err != nil {
		t.Errorf("the one that was held: %d, %v", n, err)
	}
}
