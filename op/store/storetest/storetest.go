package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Open makes an empty store that tells expiry by now. The store need not be closed by the backend's test: Run
// does it.
type Open func(t *testing.T, now func() time.Time) store.Store

// Reopen closes s and opens what it kept again, as a restart would.
type Reopen func(t *testing.T, s store.Store, now func() time.Time) store.Store

// Run holds a backend to the contract. reopen is nil for a backend that forgets.
func Run(t *testing.T, open Open, reopen Reopen) {
	t.Helper()
	for _, part := range []struct {
		name string
		test func(*testing.T, *harness)
	}{
		{"records come back as they were written", testRoundTrip},
		{"each kind has keys of its own", testKinds},
		{"create", testCreate},
		{"replace", testReplace},
		{"delete", testDelete},
		{"require", testRequire},
		{"a commit is all or none", testAllOrNone},
		{"changes count in their order", testOrder},
		{"the loser is named", testLoserNamed},
		{"invalid use", testInvalid},
		{"a context that has ended", testEndedContext},
		{"expiry by the injected clock", testExpiry},
		{"an expired record gives way", testExpiredGivesWay},
		{"sweep", testSweep},
		{"sweep keeps to its limit", testSweepLimit},
		{"list by filter", testFilter},
		{"list in pages", testPages},
		{"one winner among 64 creators", testOneCreator},
		{"one winner among 64 replacers", testOneReplacer},
		{"one spender among 64, and nothing of the others", testOneSpender},
		{"counting with retries loses nothing", testCounting},
		{"a finished commit is seen by every reader", testReadYourWrites},
		{"commit and require do not cross", testNoEscape},
		{"watch", testWatch},
		{"tracked commits move the generations", testTracked},
		{"a remembered fact is never stale", testFactsStayFresh},
		{"close", testClose},
		{"close under load", testCloseUnderLoad},
		{"any history agrees with a simple model", testModel},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, start(t, open)) })
	}
	if reopen != nil {
		t.Run("what was committed survives a reopen", func(t *testing.T) { testReopen(t, start(t, open), reopen) })
	}
}

// epoch is when every test begins; the milliseconds have a rest to be dropped.
var epoch = time.Date(2026, 2, 3, 4, 5, 6, 789_654_321, time.UTC)

// clock is the time the store under test sees.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// harness is a fresh store with its clock.
type harness struct {
	store.Store
	clock *clock
}

func start(t *testing.T, open Open) *harness {
	t.Helper()
	c := &clock{now: epoch}
	h := &harness{Store: open(t, c.Now), clock: c}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// record is one with every column filled.
func record(k store.Kind, key string) store.Record {
	return store.Record{
		Kind: k, Key: key, GrantID: "grant-1", SessionID: "session-1", Subject: "diana", ClientID: "client-1",
		ExpiresAt: epoch.Add(time.Hour), Body: []byte(`{"n":1}`),
	}
}

// stored is r as the store gives it back at a version.
func stored(r store.Record, version int64) store.Record {
	r.Version = version
	if !r.ExpiresAt.IsZero() {
		r.ExpiresAt = time.UnixMilli(r.ExpiresAt.UnixMilli()).UTC()
	}
	if len(r.Body) == 0 {
		r.Body = []byte(`{}`)
	}
	return r
}

// commit must succeed.
func (h *harness) commit(t *testing.T, changes ...store.Change) {
	t.Helper()
	if err := h.Commit(context.Background(), changes...); err != nil {
		t.Fatalf("Commit: %v", err)
	}
}

// refused must fail with want.
func (h *harness) refused(t *testing.T, want error, changes ...store.Change) {
	t.Helper()
	if err := h.Commit(context.Background(), changes...); !errors.Is(err, want) {
		t.Fatalf("Commit: got %v, want %v", err, want)
	}
}

// get must succeed.
func (h *harness) get(t *testing.T, k store.Kind, key string) store.Record {
	t.Helper()
	r, err := h.Get(context.Background(), k, key)
	if err != nil {
		t.Fatalf("Get(%s, %s): %v", k, key, err)
	}
	return r
}

// stands checks that the record is there exactly so.
func (h *harness) stands(t *testing.T, want store.Record) {
	t.Helper()
	if diff := cmp.Diff(want, h.get(t, want.Kind, want.Key), cmp.Comparer(bytes.Equal)); diff != "" {
		t.Fatalf("the stored record (-want +got):\n%s", diff)
	}
}

// absent checks that there is no such record.
func (h *harness) absent(t *testing.T, k store.Kind, key string) {
	t.Helper()
	if r, err := h.Get(context.Background(), k, key); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("Get(%s, %s): got %+v and %v, want ErrNotFound", k, key, r, err)
	}
}

// keys lists in pages of size and gives the keys.
func (h *harness) keys(t *testing.T, k store.Kind, f store.Filter, size int) []string {
	t.Helper()
	var keys []string
	for after := ""; ; {
		page, err := h.List(context.Background(), k, f, after, size)
		if err != nil {
			t.Fatalf("List(%s): %v", k, err)
		}
		if len(page) > size {
			t.Fatalf("List(%s) gave %d records for a limit of %d", k, len(page), size)
		}
		for _, r := range page {
			if r.Key <= after {
				t.Fatalf("List(%s) behind %q gave %q", k, after, r.Key)
			}
			keys = append(keys, r.Key)
			after = r.Key
		}
		if len(page) < size {
			return keys
		}
	}
}

// together runs f in n goroutines that start as one, and waits for them.
func together(n int, f func(i int)) {
	var ready, done sync.WaitGroup
	gun := make(chan struct{})
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-gun
			f(i)
		})
	}
	ready.Wait()
	close(gun)
	done.Wait()
}

// key makes the i-th key of a test; keys sort as their numbers do.
func key(i int) string { return fmt.Sprintf("key-%05d", i) }
