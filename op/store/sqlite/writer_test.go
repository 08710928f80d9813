package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	driver "modernc.org/sqlite"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

func openTest(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "store.db"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func code(key string) store.Record { return store.Record{Kind: store.Codes, Key: key} }

// inside runs f in the writer's goroutine, within a transaction.
func inside(t *testing.T, s *Store, f func(w *writer) (refused, failed error)) error {
	t.Helper()
	return s.writer.submit(context.Background(), "test", f)
}

// onCommit makes the writer's connection call f at each COMMIT; a result other than 0 makes it fail.
func onCommit(t *testing.T, s *Store, f func() int32) {
	t.Helper()
	err := inside(t, s, func(w *writer) (refused, failed error) {
		return w.conn.Raw(func(c any) error {
			c.(driver.HookRegisterer).RegisterCommitHook(f)
			return nil
		}), nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// hold keeps the writer busy until the returned function is called.
func hold(t *testing.T, s *Store) (release func()) {
	t.Helper()
	held, released := make(chan struct{}), make(chan struct{})
	go func() {
		_ = s.writer.submit(context.Background(), "test", func(*writer) (refused, failed error) {
			close(held)
			<-released
			return nil, nil
		})
	}()
	<-held
	return sync.OnceFunc(func() { close(released) })
}

// submitted waits until n requests are queued behind the held writer.
func submitted(t *testing.T, s *Store, n int) {
	t.Helper()
	for start := time.Now(); len(s.writer.queue) < n; time.Sleep(time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			t.Fatalf("%d requests are queued, want %d", len(s.writer.queue), n)
		}
	}
}

// group commits all of the given changes, each for an author of its own, in one transaction and gives their outcomes.
func group(t *testing.T, s *Store, changes ...[]store.Change) []error {
	t.Helper()
	release := hold(t, s)
	defer release()
	outcomes := make([]error, len(changes))
	var done sync.WaitGroup
	for i, c := range changes {
		done.Go(func() { outcomes[i] = s.Commit(context.Background(), c...) })
		submitted(t, s, i+1) // queued in their order
	}
	release()
	done.Wait()
	return outcomes
}

func (s *Store) has(t *testing.T, key string) bool {
	t.Helper()
	_, err := s.Get(t.Context(), store.Codes, key)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

func TestWaitingCommitsShareOneTransaction(t *testing.T) {
	s := openTest(t)
	transactions := 0
	onCommit(t, s, func() int32 { transactions++; return 0 })
	before := transactions
	var changes [][]store.Change
	for i := range 64 {
		changes = append(changes, []store.Change{store.Creating(code(fmt.Sprint("one of ", i))), store.Creating(code(fmt.Sprint("two of ", i)))})
	}
	for i, err := range group(t, s, changes...) {
		if err != nil {
			t.Errorf("author %d: %v", i, err)
		}
	}
	// One is that of the request which held the writer.
	if n := transactions - before - 1; n != 1 {
		t.Errorf("64 waiting commits took %d transactions", n)
	}
}

func TestOneLoserDoesNotFailItsNeighbours(t *testing.T) {
	s := openTest(t)
	outcomes := group(t, s,
		[]store.Change{store.Creating(code("a"))},
		[]store.Change{store.Creating(code("b")), store.Creating(code("a"))},
		[]store.Change{store.Creating(code("a"))},
		[]store.Change{store.Creating(code("b")), store.Creating(code("c"))},
		[]store.Change{store.Creating(code("d")), store.Requiring(store.Record{Kind: store.Codes, Key: "a", Version: 2})},
		[]store.Change{store.Creating(code("e")), store.Requiring(store.Record{Kind: store.Codes, Key: "a", Version: 1})},
	)
	for i, want := range []error{nil, store.ErrExists, store.ErrExists, nil, store.ErrConflict, nil} {
		if !errors.Is(outcomes[i], want) {
			t.Errorf("author %d: %v, want %v", i, outcomes[i], want)
		}
	}
	for key, want := range map[string]bool{"a": true, "b": true, "c": true, "d": false, "e": true} {
		if s.has(t, key) != want {
			t.Errorf("%s is stored: %t, want %t", key, !want, want)
		}
	}
}

func TestAFailedCOMMITFailsEverybodyInIt(t *testing.T) {
	s := openTest(t)
	if err := s.Commit(t.Context(), store.Creating(code("old"))); err != nil {
		t.Fatal(err)
	}
	left := -1 // commits that succeed before one fails; none does while it is negative
	onCommit(t, s, func() int32 {
		left--
		if left == -1 {
			return 1
		}
		return 0
	})
	left = 1 // that of the request which holds the writer
	outcomes := group(t, s,
		[]store.Change{store.Creating(code("a"))},
		[]store.Change{store.Creating(code("b")), store.Creating(code("c"))},
		// Losers too: this one lost to what has not happened.
		[]store.Change{store.Creating(code("a"))},
		[]store.Change{store.Replacing(store.Record{Kind: store.Codes, Key: "old", Version: 9})},
	)
	for i, err := range outcomes {
		if !errors.Is(err, oauth.ErrUnavailable) || errors.Is(err, store.ErrExists) || errors.Is(err, store.ErrConflict) {
			t.Errorf("author %d: %v, want only ErrUnavailable", i, err)
		}
	}
	for _, key := range []string{"a", "b", "c"} {
		if s.has(t, key) {
			t.Errorf("%s is stored", key)
		}
	}
	if err := s.Commit(t.Context(), store.Creating(code("a"))); err != nil || !s.has(t, "a") || !s.has(t, "old") {
		t.Errorf("the store has not recovered: %v", err)
	}
}

func TestAFullDiskFailsTheGroupAndHeals(t *testing.T) {
	s := openTest(t)
	pages := func(n string) {
		t.Helper()
		if err := inside(t, s, func(w *writer) (refused, failed error) {
			_, err := w.exec("PRAGMA max_page_count = " + n)
			return err, nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	pages("1") // SQLite makes it the pages there are
	large := code("large")
	large.Body = []byte(`"` + strings.Repeat("x", 1<<20) + `"`)
	outcomes := group(t, s,
		[]store.Change{store.Creating(code("a")), store.Creating(code("b"))},
		[]store.Change{store.Creating(large)},
		[]store.Change{store.Creating(code("c"))},
	)
	for i, err := range outcomes {
		if !errors.Is(err, oauth.ErrUnavailable) {
			t.Errorf("author %d: %v, want ErrUnavailable", i, err)
		}
	}
	for _, key := range []string{"a", "b", "c", "large"} {
		if s.has(t, key) {
			t.Errorf("%s is stored", key)
		}
	}
	pages("1000000")
	if err := s.Commit(t.Context(), store.Creating(code("a")), store.Creating(large)); err != nil {
		t.Errorf("the store has not recovered: %v", err)
	}
}

// A COMMIT can fail and leave its transaction open; the next author must find none of it.
func TestACOMMITThatLeavesItsTransactionOpen(t *testing.T) {
	s := openTest(t)
	err := inside(t, s, func(w *writer) (refused, failed error) {
		for _, statement := range []string{
			"COMMIT", "PRAGMA foreign_keys = ON", "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
			"CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)",
			"BEGIN IMMEDIATE", "INSERT INTO child VALUES (1)",
		} {
			if _, err := w.exec(statement); err != nil {
				return nil, err
			}
		}
		return w.commit([]store.Change{store.Creating(code("a"))})
	})
	if !errors.Is(err, oauth.ErrUnavailable) || !strings.Contains(err.Error(), "FOREIGN KEY") {
		t.Fatalf("got %v", err)
	}
	if err := s.Commit(t.Context(), store.Creating(code("b"))); err != nil {
		t.Errorf("the next author: %v", err)
	}
	if s.has(t, "a") || !s.has(t, "b") {
		t.Error("the failed transaction went on")
	}
}

// SQLite may end a transaction by itself when a statement fails; a connection that did is not used again.
func TestATransactionThatEndedByItself(t *testing.T) {
	s := openTest(t)
	broken := errors.New("broken")
	var before *sql.Conn
	err := inside(t, s, func(w *writer) (refused, failed error) {
		before = w.conn
		if _, err := w.exec("ROLLBACK"); err != nil {
			t.Error(err)
		}
		return nil, broken
	})
	if !errors.Is(err, broken) || !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if err := inside(t, s, func(w *writer) (refused, failed error) {
		if w.conn == before {
			t.Error("the connection is still in use")
		}
		return nil, broken
	}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	for i := range 3 {
		key := fmt.Sprint(i)
		if err := s.Commit(t.Context(), store.Creating(code(key)), store.Creating(code(key+"+"))); err != nil || !s.has(t, key) {
			t.Errorf("after the failure: %v", err)
		}
	}
}

func TestAContextThatEndsBeforeTheWriterTakesTheCommit(t *testing.T) {
	s := openTest(t)
	release := hold(t, s)
	defer release()
	ctx, cancel := context.WithCancel(t.Context())
	outcome := make(chan error, 1)
	go func() { outcome <- s.Commit(ctx, store.Creating(code("a"))) }()
	submitted(t, s, 1)
	cancel()
	if err := <-outcome; !errors.Is(err, oauth.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	release()
	if err := s.Commit(t.Context(), store.Creating(code("b"))); err != nil {
		t.Fatal(err)
	}
	if s.has(t, "a") {
		t.Error("an abandoned commit was made")
	}
}

func TestAContextThatEndsAfterwardsChangesNothing(t *testing.T) {
	s := openTest(t)
	ctx, cancel := context.WithCancel(t.Context())
	running, goOn := make(chan struct{}), make(chan struct{})
	outcome := make(chan error, 1)
	go func() {
		outcome <- s.writer.submit(ctx, "test", func(w *writer) (refused, failed error) {
			close(running)
			<-goOn
			return w.commit([]store.Change{store.Creating(code("a"))})
		})
	}()
	<-running
	cancel()
	select {
	case err := <-outcome:
		t.Fatalf("the author was answered before the outcome was known: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	close(goOn)
	if err := <-outcome; err != nil || !s.has(t, "a") {
		t.Errorf("got %v, want the commit's success", err)
	}
}

func TestAFullQueueLetsGoOfThoseWhoGiveUp(t *testing.T) {
	s := openTest(t)
	release := hold(t, s)
	defer release()
	var done sync.WaitGroup
	for i := range queued {
		done.Go(func() {
			if err := s.Commit(context.Background(), store.Creating(code(fmt.Sprint(i)))); err != nil {
				t.Errorf("a queued commit: %v", err)
			}
		})
	}
	submitted(t, s, queued)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	if err := s.Commit(ctx, store.Creating(code("late"))); !errors.Is(err, oauth.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	release()
	done.Wait()
	if s.has(t, "late") || !s.has(t, "0") || !s.has(t, fmt.Sprint(queued-1)) {
		t.Error("the queue was not served as it stood")
	}
}

func TestCloseAnswersWhatIsInFlight(t *testing.T) {
	s := openTest(t)
	release := hold(t, s)
	defer release()
	outcome, closed := make(chan error, 1), make(chan error, 1)
	go func() { outcome <- s.Commit(context.Background(), store.Creating(code("a"))) }()
	submitted(t, s, 1)
	go func() { closed <- s.Close() }()
	<-s.closed
	if _, err := s.Get(t.Context(), store.Codes, "a"); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Get while closing: %v", err)
	}
	select {
	case err := <-closed:
		t.Fatalf("Close did not wait: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	release()
	if err := <-outcome; err != nil {
		t.Errorf("the commit in flight: %v", err)
	}
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestCloseWaitsForCallsThatHaveBegun(t *testing.T) {
	s := openTest(t)
	if err := s.enter(t.Context(), "test"); err != nil {
		t.Fatal(err)
	}
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	<-s.closed
	if err := s.enter(t.Context(), "test"); !errors.Is(err, store.ErrClosed) {
		t.Errorf("a call was let in while closing: %v", err)
	}
	// What has begun may still read and write.
	if err := s.writer.submit(t.Context(), "test", func(w *writer) (refused, failed error) {
		return w.commit([]store.Change{store.Creating(code("a"))})
	}); err != nil {
		t.Errorf("the call in flight: %v", err)
	}
	select {
	case err := <-closed:
		t.Fatalf("Close did not wait: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	s.leave()
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
}
