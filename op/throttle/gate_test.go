package throttle

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// TestThreat105_NoMoreInsideThanPlaces: whoever comes at once, only so many are inside.
func TestThreat105_NoMoreInsideThanPlaces(t *testing.T) {
	const places = 3
	g := NewGate(places, 1000, time.Minute)
	var inside, most atomic.Int64
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			leave, err := g.Enter(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer leave()
			now := inside.Add(1)
			defer inside.Add(-1)
			for {
				seen := most.Load()
				if now <= seen || most.CompareAndSwap(seen, now) {
					break
				}
			}
			runtime.Gosched()
		})
	}
	wg.Wait()
	if most.Load() > places {
		t.Fatalf("%d were inside at once, want at most %d", most.Load(), places)
	}
}

func TestThreat105_AFullWaitingRoomIsBusyAtOnce(t *testing.T) {
	g := NewGate(1, 1, time.Minute)
	leave, err := g.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	waited := make(chan error)
	go func() {
		leave, err := g.Enter(context.Background())
		if err == nil {
			leave()
		}
		waited <- err
	}()
	for len(g.waiting) == 0 {
		runtime.Gosched()
	}
	if _, err := g.Enter(t.Context()); !errors.Is(err, ErrBusy) {
		t.Fatalf("error = %v, want ErrBusy", err)
	}
	leave()
	if err := <-waited; err != nil {
		t.Fatalf("who waited got %v", err)
	}
	if len(g.inside) != 0 || len(g.waiting) != 0 {
		t.Fatal("a place is still taken")
	}
}

func TestWaitingEnds(t *testing.T) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for name, tt := range map[string]struct {
		longest time.Duration
		ctx     context.Context
	}{
		"when it was too long":       {time.Millisecond, context.Background()},
		"when the request has ended": {time.Minute, ended},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewGate(1, 1, tt.longest)
			leave, err := g.Enter(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			defer leave()
			if _, err = g.Enter(tt.ctx); !errors.Is(err, ErrBusy) {
				t.Fatalf("error = %v, want ErrBusy", err)
			}
			if len(g.waiting) != 0 {
				t.Fatal("a place to wait is still taken")
			}
		})
	}
}

func TestBusyIsUnavailable(t *testing.T) {
	if got := oauth.AsError(ErrBusy).Status; got != 503 {
		t.Fatalf("status = %d, want 503", got)
	}
}

func TestHashingHasOnePlaceACore(t *testing.T) {
	if got := cap(Hashing().inside); got != runtime.GOMAXPROCS(0) {
		t.Fatalf("%d places, want one a core", got)
	}
}
