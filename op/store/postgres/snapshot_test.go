package postgres_test

import (
	"errors"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/postgres"
	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
)

// TestASnapshotIsOfOneMoment: what nodes write between two pages does not show, though it can be read elsewhere.
func TestASnapshotIsOfOneMoment(t *testing.T) {
	dsn := postgrestest.Database(t)
	s := mustOpen(t, dsn, time.Now)
	for i := range 6 {
		if err := s.Commit(t.Context(), store.Creating(grant(fmt.Sprint(i)))); err != nil {
			t.Fatal(err)
		}
	}
	live, err := postgres.OpenSnapshot(t.Context(), postgres.Config{DSN: postgres.DSN(dsn)}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	first, err := live.List(t.Context(), store.Grants, store.Filter{}, "", 3)
	if err != nil || len(first) != 3 {
		t.Fatal(first, err)
	}
	// One goes, one changes, one comes; and the first page as well is what it was.
	for _, change := range []store.Change{store.Deleting(at(grant("5"), 1)), store.Replacing(at(grant("4"), 1)), store.Creating(grant("6")), store.Deleting(at(grant("0"), 1))} {
		if err := s.Commit(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	rest, err := live.List(t.Context(), store.Grants, store.Filter{}, "2", 10)
	if err != nil || len(rest) != 3 || rest[1].Version != 1 || rest[2].Key != "5" {
		t.Errorf("%v, %v", rest, err)
	}
	if got, err := live.Get(t.Context(), store.Grants, "0"); err != nil || got.Version != 1 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := live.Get(t.Context(), store.Grants, "6"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("what came later: %v", err)
	}
	stands(t, s, "4", 2)
	if err := live.Close(); err != nil {
		t.Error(err)
	}
	if _, err := live.Get(t.Context(), store.Grants, "0"); !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("after Close: %v", err)
	}
}

// TestASnapshotIsPatient: what the database is told about idle and long transactions is for others, and what it is told of
// a statement is ours.
func TestASnapshotIsPatient(t *testing.T) {
	dsn := postgrestest.Database(t)
	name := databaseOf(t, dsn)
	if err := mustOpen(t, dsn, time.Now).Commit(t.Context(), store.Creating(grant("g"))); err != nil {
		t.Fatal(err)
	}
	for _, setting := range []string{"idle_in_transaction_session_timeout", "transaction_timeout"} {
		err := postgrestest.Shared(t).Exec(`DO $$ BEGIN IF EXISTS (SELECT 1 FROM pg_settings WHERE name = '` + setting + `')
			THEN EXECUTE 'ALTER ROLE ` + name + ` SET ` + setting + ` = ''150ms'''; END IF; END $$`)
		if err != nil {
			t.Fatal(err)
		}
	}
	live, err := postgres.OpenSnapshot(t.Context(), postgres.Config{DSN: postgres.DSN(dsn), StatementTimeout: 2 * time.Second}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	time.Sleep(600 * time.Millisecond)
	if _, err := live.Get(t.Context(), store.Grants, "g"); err != nil {
		t.Errorf("after a while: %v", err)
	}
}

// TestASnapshotMakesNothing: not in an empty database, nor of what it cannot read.
func TestASnapshotMakesNothing(t *testing.T) {
	dsn := postgrestest.Database(t)
	snapshot := func(dsn postgres.DSN) error {
		live, err := postgres.OpenSnapshot(t.Context(), postgres.Config{DSN: dsn, StatementTimeout: 500 * time.Millisecond}, time.Now())
		if err == nil {
			err = live.Close()
		}
		return err
	}
	if err := snapshot(postgres.DSN(dsn)); err == nil || !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("an empty database: %v", err)
	}
	if err := postgrestest.Shared(t).ExecIn(databaseOf(t, dsn), `SELECT 1 / (SELECT count(*) FROM pg_tables WHERE schemaname = 'public')`); err == nil {
		t.Error("tables were made")
	}
	_ = mustOpen(t, dsn, time.Now)
	if err := snapshot(postgres.DSN(dsn)); err != nil {
		t.Error(err)
	}
	if err := postgrestest.Shared(t).ExecIn(databaseOf(t, dsn), `UPDATE oldest_schema SET number = 999`); err != nil {
		t.Fatal(err)
	}
	if err := snapshot(postgres.DSN(dsn)); !errors.Is(err, postgres.ErrNewerSchema) || !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("a newer schema: %v", err)
	}
	for _, broken := range []postgres.DSN{"", "postgres://canary:port/", changed(t, dsn, func(u *url.URL, _ url.Values) { u.Host = "127.0.0.1:1" })} {
		if err := snapshot(broken); !errors.Is(err, oauth.ErrUnavailable) {
			t.Errorf("%v", err)
		}
	}
}
