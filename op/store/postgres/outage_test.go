package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
)

// unavailable wants every call to end as ErrUnavailable, and soon.
func unavailable(t *testing.T, s store.Store, within time.Duration) {
	t.Helper()
	for name, call := range map[string]func(context.Context) error{
		"Get": func(ctx context.Context) error { _, err := s.Get(ctx, store.Grants, "g"); return err },
		"List": func(ctx context.Context) error {
			_, err := s.List(ctx, store.Grants, store.Filter{}, "", 1)
			return err
		},
		"Sweep":  func(ctx context.Context) error { _, err := s.Sweep(ctx, time.Now(), 1); return err },
		"Commit": func(ctx context.Context) error { return s.Commit(ctx, store.Creating(grant("new"))) },
	} {
		began := time.Now()
		err := call(t.Context())
		if !errors.Is(err, oauth.ErrUnavailable) || errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v, want ErrUnavailable", name, err)
		}
		if took := time.Since(began); took > within {
			t.Errorf("%s took %s", name, took)
		}
	}
}

// recovered wants a call to succeed again before long.
func recovered(t *testing.T, s store.Store) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		_, err := s.Get(t.Context(), store.Grants, "g")
		if err == nil {
			t.Logf("recovered within %s", time.Since(began))
			return
		}
		if time.Since(began) > 5*time.Second {
			t.Fatalf("not recovered: %v", err)
		}
	}
}

func TestOutages(t *testing.T) {
	server := postgrestest.Start(t)
	s := mustOpen(t, server.Database(t), time.Now)
	if err := s.Commit(t.Context(), store.Creating(grant("g"))); err != nil {
		t.Fatal(err)
	}
	// The time that a statement has, and some for a busy machine.
	const within = 3 * time.Second
	server.Stop(t)
	unavailable(t, s, within)
	server.Restart(t)
	recovered(t, s)
	server.Kill(t)
	unavailable(t, s, within)
	server.Restart(t)
	recovered(t, s)
	resume := server.Pause(t)
	unavailable(t, s, within)
	resume()
	recovered(t, s)
}

// TestWhoeverGivesUpBreaksNothing: callers that go away leave the connections to others.
func TestWhoeverGivesUpBreaksNothing(t *testing.T) {
	server := postgrestest.Start(t)
	s := mustOpen(t, server.Database(t), time.Now)
	if err := s.Commit(t.Context(), store.Creating(grant("g"))); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		if _, err := s.Get(ctx, store.Grants, "g"); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		cancel()
	}
	waitUntil(t, server, "SELECT CASE WHEN sum(sessions) <= 6 THEN 1 ELSE 0 END FROM pg_stat_database WHERE datname LIKE 'gate%'")
}
