package throttle

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestReserveCountsUnderEveryLimitOrNone(t *testing.T) {
	c := newClock()
	th := New(c.now, 100)
	narrow := Limit{Key: "account", Attempts: 1, Window: time.Hour}
	wide := Limit{Key: "network", Attempts: 2, Window: time.Minute}

	_, _, ok := th.Reserve(narrow, wide)
	wantAllowed(t, ok)
	_, wait, ok := th.Reserve(wide, narrow)
	wantNotAllowed(t, ok)
	if wait != time.Hour {
		t.Fatalf("wait = %v, want that of the limit that is full", wait)
	}
	_, _, ok = th.Reserve(wide) // the refused attempt took nothing from the network
	wantAllowed(t, ok)
	_, wait, ok = th.Reserve(narrow, wide)
	wantNotAllowed(t, ok)
	if wait != time.Hour {
		t.Fatalf("wait = %v, want the longest", wait)
	}
}

func TestGiveBackMakesRoomAgain(t *testing.T) {
	th := New(newClock().now, 100)
	limits := []Limit{{Key: "a", Attempts: 1, Window: time.Hour}, {Key: "b", Attempts: 1, Window: time.Hour}}
	for range 10 {
		reserved, _, ok := th.Reserve(limits...)
		wantAllowed(t, ok)
		_, _, ok = th.Reserve(limits[1])
		wantNotAllowed(t, ok)
		reserved.GiveBack()
	}
	if kept := len(th.shards[0].counters); kept != 0 {
		t.Fatalf("%d counters stay behind", kept)
	}
	Reservation{}.GiveBack()
}

func TestGiveBackAfterResetIsHarmless(t *testing.T) {
	c := newClock()
	th := New(c.now, 100)
	limit := Limit{Key: "k", Attempts: 1, Window: time.Hour}
	reserved, _, _ := th.Reserve(limit)
	th.Reset(limit.Key)
	reserved.GiveBack()
	reserved, _, ok := th.Reserve(limit)
	wantAllowed(t, ok)
	c.advance(2 * time.Hour)
	_, _, ok = th.Reserve(limit)
	wantAllowed(t, ok)
	reserved.GiveBack() // of an attempt the window has left behind
	_, _, ok = th.Reserve(limit)
	wantNotAllowed(t, ok)
}

// TestThreat103_ConcurrentGuessesStayWithinTheBudget: guesses in flight at the same time count before
// they are judged.
func TestThreat103_ConcurrentGuessesStayWithinTheBudget(t *testing.T) {
	const guessers, budget = 64, 5
	th := New(newClock().now, 100)
	var judged atomic.Int64
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range guessers {
		wg.Go(func() {
			<-start
			for range 100 {
				if _, _, ok := th.Reserve(Limit{Key: "victim", Attempts: budget, Window: time.Hour}); ok {
					judged.Add(1)
				}
			}
		})
	}
	close(start)
	wg.Wait()
	if got := judged.Load(); got != budget {
		t.Fatalf("%d guesses were judged, want %d", got, budget)
	}
}

// TestThreat103_AddressesOfOneLineAreOneNetwork: a stranger with a whole IPv6 prefix has one budget.
func TestThreat103_AddressesOfOneLineAreOneNetwork(t *testing.T) {
	th := New(newClock().now, 1000)
	judged := 0
	for i := range 10_000 {
		limit := Limit{Key: Network(fmt.Sprintf("[2001:db8:1:2::%x]:443", i)), Attempts: 5, Window: time.Hour}
		if _, _, ok := th.Reserve(limit); ok {
			judged++
		}
	}
	if judged != 5 {
		t.Fatalf("%d guesses were judged, want 5", judged)
	}
}

func BenchmarkReserveAndGiveBack(b *testing.B) {
	th := New(time.Now, 10_000)
	limit := Limit{Key: "client 192.0.2.1 web", Attempts: 20, Window: time.Minute}
	b.ReportAllocs()
	for b.Loop() {
		reserved, _, _ := th.Reserve(limit)
		reserved.GiveBack()
	}
}
