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

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/postgres"
	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
)

var errGone = errors.New("this store is gone")

// hasMark admits a node as long as nobody has put a mark into the store.
func hasMark(ctx context.Context, r store.Reader) error {
	_, err := r.Get(ctx, store.Secrets, "mark")
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return errors.Join(err, errGone)
}

// node opens a store as a node does.
func node(t *testing.T, dsn string, admit postgres.Admission) *postgres.Store {
	t.Helper()
	s, err := postgres.OpenAdmitted(t.Context(), postgres.Config{DSN: postgres.DSN(dsn)}, time.Now, nil, admit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// alone opens it for itself.
func alone(t *testing.T, dsn string) (*postgres.Store, error) {
	t.Helper()
	s, err := postgres.OpenAlone(t.Context(), postgres.Config{DSN: postgres.DSN(dsn)}, time.Now, nil)
	if err == nil {
		t.Cleanup(func() { _ = s.Close() })
	}
	return s, err
}

// mustBeAlone waits for connections that were cut to be over, which takes a busy machine a while. Each time they are not,
// it cuts again what was only being connected.
func mustBeAlone(t *testing.T, dsn string, cut ...func()) *postgres.Store {
	t.Helper()
	for began := time.Now(); ; {
		s, err := alone(t, dsn)
		if err == nil {
			return s
		}
		if !errors.Is(err, postgres.ErrInUse) || time.Since(began) > time.Minute {
			t.Fatal(err)
		}
		for _, again := range cut {
			again()
		}
	}
}

// hearsNothing wants a listener to be refused.
func hearsNothing(t *testing.T, s *postgres.Store) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	err := s.Watch(ctx, func(store.Change) { t.Error("it hears") })
	if !errors.Is(err, oauth.ErrUnavailable) || ctx.Err() != nil {
		t.Errorf("Watch: %v", err)
	}
	return err
}

// TestNobodyIsAloneWhereANodeIs: not beside one that reads and writes, nor beside one that only listens; and not beside
// another that is alone.
func TestNobodyIsAloneWhereANodeIs(t *testing.T) {
	dsn := postgrestest.Database(t)
	for name, enter := range map[string]func(*postgres.Store){
		"reads":   func(s *postgres.Store) { _, _ = s.Get(t.Context(), store.Grants, "g") },
		"writes":  func(s *postgres.Store) { _ = s.Commit(t.Context(), store.Creating(grant("g"))) },
		"listens": func(s *postgres.Store) { listen(t, s) },
	} {
		s := mustOpen(t, dsn, time.Now)
		enter(s)
		_, err := alone(t, dsn)
		if !errors.Is(err, postgres.ErrInUse) || !errors.Is(err, oauth.ErrUnavailable) {
			t.Errorf("%s: %v, want ErrInUse", name, err)
		}
		if text := err.Error(); strings.Contains(text, databaseOf(t, dsn)) || strings.Contains(text, postgrestest.Password) {
			t.Errorf("%s: it shows %s", name, text)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	_ = mustBeAlone(t, dsn)
	if _, err := alone(t, dsn); !errors.Is(err, postgres.ErrInUse) {
		t.Errorf("two are alone: %v", err)
	}
}

// TestANodeWaitsOutsideWhileSomebodyIsAlone: it neither starts, nor goes on when it had no connection, and finds its way
// back by itself.
func TestANodeWaitsOutsideWhileSomebodyIsAlone(t *testing.T) {
	dsn := postgrestest.Database(t)
	s := mustOpen(t, dsn, time.Now) // has not connected yet
	one := mustBeAlone(t, dsn)
	if err := one.Commit(t.Context(), store.Creating(grant("g"))); err != nil {
		t.Fatal(err)
	}
	unavailable(t, s, 3*time.Second)
	_ = hearsNothing(t, s)
	if _, err := postgres.Open(t.Context(), postgres.Config{DSN: postgres.DSN(dsn)}, time.Now); !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("it opens: %v", err)
	}
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	recovered(t, s)
	stands(t, s, "g", 1)
}

// TestACutOffNodeIsAskedAgain: whoever loses every connection meets what was done meanwhile on the first new one. Nothing
// that it was about to write comes to pass.
func TestACutOffNodeIsAskedAgain(t *testing.T) {
	dsn := postgrestest.Database(t)
	between, way := between(t, dsn)
	var asked atomic.Int32
	s := node(t, way, func(ctx context.Context, r store.Reader) error {
		asked.Add(1)
		return hasMark(ctx, r)
	})
	if err := s.Commit(t.Context(), store.Creating(grant("g"))); err != nil {
		t.Fatal(err)
	}
	e := listen(t, s)
	before := asked.Load()
	if before < 2 {
		t.Errorf("%d connections were asked about", before)
	}
	between.breakAll()
	if err := <-e.ended; !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("the listener: %v", err)
	}
	recovered(t, s) // it comes back to what it knew
	between.breakAll()
	one := mustBeAlone(t, dsn)
	if err := one.Commit(t.Context(), store.Creating(store.Record{Kind: store.Secrets, Key: "mark"})); err != nil {
		t.Fatal(err)
	}
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		unavailable(t, s, 3*time.Second)
		if err := hearsNothing(t, s); !errors.Is(err, errGone) {
			t.Errorf("Watch: %v", err)
		}
	}
	if _, err := s.Get(t.Context(), store.Grants, "g"); !errors.Is(err, errGone) || errors.Is(err, store.ErrNotFound) {
		t.Errorf("it reads: %v", err)
	}
	other := mustOpen(t, dsn, time.Now)
	if _, err := other.Get(t.Context(), store.Grants, "new"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("it wrote: %v", err)
	}
}

// TestNothingIsWrittenOnceSomebodyIsAlone: commits that are under way when every connection breaks come to pass before
// the lock is had alone, or never, whoever it was that broke them.
func TestNothingIsWrittenOnceSomebodyIsAlone(t *testing.T) {
	server := postgrestest.Start(t)
	for name, cut := range map[string]func(*proxy){
		"the way breaks":       func(p *proxy) { p.breakAll() },
		"the server ends them": func(*proxy) { server.Terminate(t) },
	} {
		for range 2 {
			nothingIsWritten(t, server.Database(t), name, cut)
		}
	}
}

func nothingIsWritten(t *testing.T, dsn, name string, cut func(*proxy)) {
	t.Helper()
	between, way := between(t, dsn)
	s := node(t, way, hasMark)
	var ended sync.WaitGroup
	var over atomic.Bool
	var told atomic.Int32
	for i := range 8 {
		ended.Go(func() {
			for n := 0; !over.Load(); n++ {
				if s.Commit(t.Context(), store.Creating(grant(fmt.Sprint(i, " ", n)))) == nil {
					told.Add(1)
				}
			}
		})
	}
	count := func(r store.Reader) int {
		t.Helper()
		found, err := r.List(t.Context(), store.Grants, store.Filter{}, "", 100_000)
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	for told.Load() < 50 {
		time.Sleep(time.Millisecond)
	}
	between.shut.Store(true)
	cut(between)
	one := mustBeAlone(t, dsn, func() { cut(between) })
	before := count(one)
	between.shut.Store(false) // they are back while it is had alone
	if err := one.Commit(t.Context(), store.Creating(store.Record{Kind: store.Secrets, Key: "mark"})); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // in which they meet the mark
	over.Store(true)
	ended.Wait()
	if after := count(mustOpen(t, dsn, time.Now)); after != before || int(told.Load()) > before {
		t.Errorf("%s: %d records were there, and are %d; %d were acknowledged", name, before, after, told.Load())
	}
}
