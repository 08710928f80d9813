package op

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestHealthIsReadyWithEverything(t *testing.T) {
	for _, test := range []struct {
		health Health
		ready  bool
	}{
		{Health{}, false},
		{Health{Store: true, Keys: true, Listener: true}, true},
		{Health{Keys: true, Listener: true}, false},
		{Health{Store: true, Listener: true}, false},
		{Health{Store: true, Keys: true}, false},
	} {
		if got := test.health.Ready(); got != test.ready {
			t.Errorf("%+v: %t", test.health, got)
		}
	}
}

// However many want to know, the store is asked once in a while.
func TestManyWhoAskAreOneForTheStore(t *testing.T) {
	var s sample
	var asked atomic.Int64
	ask := func(context.Context) (int, error) {
		asked.Add(1)
		time.Sleep(10 * time.Millisecond)
		return 7, nil
	}
	var asking sync.WaitGroup
	for range 50 {
		asking.Go(func() {
			if n, known := s.take(t.Context(), time.Hour, ask); n != 7 || !known {
				t.Errorf("%d, %t", n, known)
			}
		})
	}
	asking.Wait()
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
	s.taken = s.taken.Add(-time.Hour)
	s.take(t.Context(), time.Hour, ask)
	if asked.Load() != 2 {
		t.Error("an old answer is used")
	}
}

// A no is used no longer than a yes, and is never taken for one.
func TestWhatFailedIsAskedAgain(t *testing.T) {
	var s sample
	fails := func(context.Context) (int, error) { return 3, errors.New("gone") }
	if _, known := s.take(t.Context(), time.Hour, fails); known {
		t.Error("nobody knows")
	}
	s.taken = s.taken.Add(-time.Hour)
	if n, known := s.take(t.Context(), time.Hour, func(context.Context) (int, error) { return 4, nil }); n != 4 || !known {
		t.Errorf("%d, %t", n, known)
	}
}

// Who hangs up does not make the store unreachable for the others, and one that hangs is given up.
func TestAskingIsBoundedAndNobodys(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var s sample
	_, known := s.take(ctx, time.Hour, func(ctx context.Context) (int, error) {
		deadline, bounded := ctx.Deadline()
		if !bounded || time.Until(deadline) > answersWithin {
			t.Error("it may take for ever")
		}
		return 0, ctx.Err()
	})
	if !known {
		t.Error("the answer is that of who hung up")
	}
}
