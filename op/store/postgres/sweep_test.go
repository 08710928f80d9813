package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
)

// fill makes records of some kinds, of which every other one is over.
func fill(t *testing.T, s store.Store, each int, kinds ...store.Kind) {
	t.Helper()
	now := time.Now()
	for _, k := range kinds {
		var changes []store.Change
		for i := range each {
			r := store.Record{Kind: k, Key: fmt.Sprint(i), ExpiresAt: now.Add(time.Hour)}
			if i%2 == 0 {
				r.ExpiresAt = now.Add(-time.Duration(i/10) * time.Second)
			}
			changes = append(changes, store.Creating(r))
		}
		if err := s.Commit(t.Context(), changes...); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAPassTakesAll: whatever the size of the batches, all that is over goes, many of one instant too, and nothing else.
func TestAPassTakesAll(t *testing.T) {
	kinds := []store.Kind{store.Grants, store.RefreshTokens, store.UsedOnce, store.SiteSessions}
	for _, limit := range []int{1, 3, 7, 50, 1000} {
		s := mustOpen(t, postgrestest.Database(t), time.Now)
		fill(t, s, 60, kinds...)
		swept := 0
		for {
			n, err := s.Sweep(t.Context(), time.Now(), limit)
			if err != nil {
				t.Fatal(err)
			}
			if swept += n; n < limit {
				break
			}
		}
		if swept != 30*len(kinds) {
			t.Errorf("by %d: %d swept, want %d", limit, swept, 30*len(kinds))
		}
		for _, k := range kinds {
			left, _, err := store.All(t.Context(), s, k, store.Filter{}, 100)
			if err != nil || len(left) != 30 {
				t.Errorf("%s: %d left, %v", k, len(left), err)
			}
		}
	}
}

// TestAPassGoesOnWhereItWas: what was deleted is not gone through again while it is still in the index, and what has
// appeared behind the pass is found by the next.
func TestAPassGoesOnWhereItWas(t *testing.T) {
	dsn := postgrestest.Database(t)
	s := mustOpen(t, dsn, time.Now)
	fill(t, s, 60, store.UsedOnce)
	sweep := func(limit, want int) {
		t.Helper()
		if n, err := s.Sweep(t.Context(), time.Now(), limit); n != want || err != nil {
			t.Fatalf("%d, %v; want %d", n, err, want)
		}
	}
	sweep(10, 10)
	late := store.Record{Kind: store.UsedOnce, Key: "late", ExpiresAt: time.Now().Add(-time.Hour)}
	if err := s.Commit(t.Context(), store.Creating(late)); err != nil {
		t.Fatal(err)
	}
	sweep(10, 10)
	sweep(11, 10)
	sweep(10, 1)
}

// TestASweepThatFailsBeginsAnew: what was rolled back counts as not done.
func TestASweepThatFailsBeginsAnew(t *testing.T) {
	dsn := postgrestest.Database(t)
	s := mustOpen(t, dsn, time.Now)
	fill(t, s, 60, store.UsedOnce)
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
	if n, err := s.Sweep(t.Context(), time.Now(), 10); n != 10 || err != nil {
		t.Fatal(n, err)
	}
	exec("ALTER TABLE used_once RENAME TO hidden")
	if n, err := s.Sweep(t.Context(), time.Now(), 10); n != 0 || err == nil {
		t.Errorf("without its table: %d, %v", n, err)
	}
	exec("ALTER TABLE hidden RENAME TO used_once")
	if n, err := s.Sweep(t.Context(), time.Now(), 100); n != 20 || err != nil {
		t.Errorf("afterwards: %d, %v", n, err)
	}
}

// TestASweepEndsWithItsCaller: a node that is stopped does not wait for a sweep that waits for somebody else.
func TestASweepEndsWithItsCaller(t *testing.T) {
	dsn := postgrestest.Database(t)
	s := mustOpen(t, dsn, time.Now)
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "BEGIN; LOCK TABLE used_once"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := s.Sweep(ctx, time.Now(), 10); err == nil {
		t.Error("a table that is locked was swept")
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
}
