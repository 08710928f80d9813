package storetest

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// patience bounds every wait of a test for something that must come.
const patience = 30 * time.Second

func testEndedContext(t *testing.T, h *harness) {
	h.commit(t, store.Creating(record(store.Grants, "g")))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, get := h.Get(ctx, store.Grants, "g")
	_, list := h.List(ctx, store.Grants, store.Filter{}, "", 1)
	_, sweep := h.Sweep(ctx, epoch, 1)
	for name, err := range map[string]error{
		"Get": get, "List": list, "Sweep": sweep, "Commit": h.Commit(ctx, store.Creating(record(store.Codes, "c"))),
	} {
		if !errors.Is(err, oauth.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want both ErrUnavailable and context.Canceled", name, err)
		}
	}
	h.absent(t, store.Codes, "c")
}

func testWatch(t *testing.T, h *harness) {
	var seen atomic.Int32
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- h.Watch(ctx, func(c store.Change) {
			if c.Op != 0 && c.Op != store.Hearing { // which a backend with other nodes reports of itself
				seen.Add(1)
			}
		})
	}()
	h.commit(t, store.Creating(record(store.Grants, "g")))
	select {
	case err := <-ended:
		t.Fatalf("Watch ended before its context: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	cancel()
	if err := wait(t, ended); !errors.Is(err, context.Canceled) {
		t.Errorf("Watch: %v, want context.Canceled in it", err)
	}
	if n := seen.Load(); n != 0 {
		t.Errorf("Watch reported %d of this node's own changes", n)
	}
}

func testClose(t *testing.T, h *harness) {
	h.commit(t, store.Creating(record(store.Grants, "g")))
	ended := make(chan error, 1)
	go func() { ended <- h.Watch(t.Context(), func(store.Change) {}) }()
	for range 2 {
		if err := h.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
	}
	_, get := h.Get(t.Context(), store.Grants, "g")
	_, list := h.List(t.Context(), store.Grants, store.Filter{}, "", 1)
	_, sweep := h.Sweep(t.Context(), epoch, 1)
	for name, err := range map[string]error{
		"Get": get, "List": list, "Sweep": sweep, "Watch": wait(t, ended),
		"Commit": h.Commit(t.Context(), store.Creating(record(store.Grants, "h"))),
	} {
		if !errors.Is(err, store.ErrClosed) || !errors.Is(err, oauth.ErrUnavailable) {
			t.Errorf("%s on a closed store: %v, want ErrClosed and ErrUnavailable", name, err)
		}
	}
}

// testCloseUnderLoad: every call ends, with its outcome or with ErrClosed, and none panics.
func testCloseUnderLoad(t *testing.T, h *harness) {
	done := make(chan error, 1)
	go func() {
		together(9, func(i int) {
			if i == 8 {
				time.Sleep(5 * time.Millisecond)
				if err := h.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
				return
			}
			for j := 0; ; j++ {
				err := h.Commit(context.Background(), store.Creating(record(store.Codes, key(i*1_000_000+j))))
				if err == nil {
					_, err = h.Get(context.Background(), store.Codes, key(i*1_000_000+j))
				}
				if errors.Is(err, store.ErrClosed) {
					return
				}
				if err != nil {
					t.Errorf("under Close: %v", err)
					return
				}
			}
		})
		done <- nil
	}()
	_ = wait(t, done)
}

func testReopen(t *testing.T, h *harness, reopen Reopen) {
	kept, twice, gone := record(store.Grants, "kept"), record(store.Codes, "twice"), record(store.Codes, "gone")
	ends := record(store.Codes, "ends")
	ends.ExpiresAt = epoch.Add(time.Minute)
	h.commit(t, store.Creating(kept), store.Creating(twice), store.Creating(gone), store.Creating(ends))
	h.commit(t, store.Replacing(stored(twice, 1)), store.Deleting(stored(gone, 1)))
	h.refused(t, store.ErrExists, store.Creating(record(store.Sessions, "lost")), store.Creating(kept))
	h.clock.advance(time.Minute)
	for range 2 {
		h.Store = reopen(t, h.Store, h.clock.Now)
		h.stands(t, stored(kept, 1))
		h.stands(t, stored(twice, 2))
		h.absent(t, store.Codes, "gone")
		h.absent(t, store.Codes, "ends")
		h.absent(t, store.Sessions, "lost")
	}
	h.refused(t, store.ErrConflict, store.Replacing(stored(twice, 1)))
	h.commit(t, store.Replacing(stored(twice, 2)))
	h.stands(t, stored(twice, 3))
}

// wait gives what a goroutine answers, or ends the test.
func wait(t *testing.T, c <-chan error) error {
	t.Helper()
	select {
	case err := <-c:
		return err
	case <-time.After(patience):
		t.Fatal("no answer")
		return nil
	}
}
