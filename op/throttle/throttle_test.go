package throttle

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// clock is the injected time of these tests.
type clock struct{ nanos atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.nanos.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano())
	return c
}

func (c *clock) now() time.Time            { return time.Unix(0, c.nanos.Load()) }
func (c *clock) advance(d time.Duration)   { c.nanos.Add(int64(d)) }
func wantAllowed(t *testing.T, ok bool)    { t.Helper(); wantDecision(t, ok, true) }
func wantNotAllowed(t *testing.T, ok bool) { t.Helper(); wantDecision(t, ok, false) }

func wantDecision(t *testing.T, got, want bool) {
	t.Helper()
	if got != want {
		t.Fatalf("allowed = %v, want %v", got, want)
	}
}

// allow asks without leaving a trace, as a guess that is right does.
func (t *Throttle) allow(key string, attempts int, window time.Duration) (bool, time.Duration) {
	reserved, wait, ok := t.Reserve(Limit{Key: key, Attempts: attempts, Window: window})
	reserved.GiveBack()
	return ok, wait
}

// fail is a guess that was wrong.
func (t *Throttle) fail(key string, attempts int, window time.Duration) {
	_, _, _ = t.Reserve(Limit{Key: key, Attempts: attempts, Window: window})
}

func TestFailuresUpToTheLimitAreAllowed(t *testing.T) {
	c := newClock()
	th := New(c.now, 100)
	for range 5 {
		ok, wait := th.allow("k", 5, time.Minute)
		wantAllowed(t, ok)
		if wait != 0 {
			t.Fatalf("wait = %v though it is allowed", wait)
		}
		th.fail("k", 5, time.Minute)
		c.advance(time.Second)
	}
	ok, wait := th.allow("k", 5, time.Minute)
	wantNotAllowed(t, ok)
	if want := 55 * time.Second; wait != want {
		t.Fatalf("wait = %v, want %v: until the oldest failure leaves the window", wait, want)
	}
	other, _ := th.allow("other", 5, time.Minute)
	wantAllowed(t, other)

	c.advance(wait - 1)
	ok, _ = th.allow("k", 5, time.Minute)
	wantNotAllowed(t, ok)
	c.advance(1)
	ok, _ = th.allow("k", 5, time.Minute)
	wantAllowed(t, ok)
}

func TestNothingIsAllowedWithoutABudget(t *testing.T) {
	th := New(newClock().now, 100)
	for _, limit := range []Limit{{Key: "k"}, {Key: "k", Attempts: 1}, {Key: "k", Window: time.Minute}, {Key: "k", Attempts: -1, Window: time.Minute}} {
		ok, _ := th.allow(limit.Key, limit.Attempts, limit.Window)
		wantNotAllowed(t, ok)
		_, _, ok = th.Reserve(limit)
		wantNotAllowed(t, ok)
	}
}

func TestResetForgetsOneKey(t *testing.T) {
	th := New(newClock().now, 100)
	th.fail("a", 1, time.Minute)
	th.fail("b", 1, time.Minute)
	th.Reset("a")
	th.Reset("never seen")
	a, _ := th.allow("a", 1, time.Minute)
	b, _ := th.allow("b", 1, time.Minute)
	wantAllowed(t, a)
	wantNotAllowed(t, b)
}

func TestAClockSetBackAllowsNoMore(t *testing.T) {
	c := newClock()
	th := New(c.now, 100)
	th.fail("k", 1, time.Minute)
	c.advance(-time.Hour)
	ok, wait := th.allow("k", 1, time.Minute)
	wantNotAllowed(t, ok)
	if wait <= 0 {
		t.Fatalf("wait = %v, want some", wait)
	}
}

// In whatever order attempts, successes and time come, no window ever sees more failures than the limit.
func TestNoWindowHoldsMoreThanTheLimit(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := newClock()
		th := New(c.now, 100)
		limit := Limit{Key: "k", Attempts: rapid.IntRange(1, 6).Draw(rt, "attempts"), Window: time.Minute}
		var failed []time.Time
		for range rapid.IntRange(1, 80).Draw(rt, "steps") {
			c.advance(time.Duration(rapid.IntRange(0, 30).Draw(rt, "seconds")) * time.Second)
			reserved, wait, ok := th.Reserve(limit)
			recent := 0
			for _, at := range failed {
				if c.now().Sub(at) < limit.Window {
					recent++
				}
			}
			if ok != (recent < limit.Attempts) {
				rt.Fatalf("allowed = %v after %d of %d failures in the window", ok, recent, limit.Attempts)
			}
			switch {
			case !ok && (wait <= 0 || wait > limit.Window):
				rt.Fatalf("wait = %v", wait)
			case ok && rapid.Bool().Draw(rt, "right"):
				reserved.GiveBack()
			case ok:
				failed = append(failed, c.now())
			}
		}
	})
}

// TestThreat051_MemoryIsBounded: a flood of keys leaves no more than the capacity behind.
func TestThreat051_MemoryIsBounded(t *testing.T) {
	const capacity = 1000
	th := New(newClock().now, capacity)
	for i := range 100_000 {
		th.fail(fmt.Sprint("stranger ", i), 5, time.Minute)
	}
	kept := 0
	for i := range th.shards {
		kept += len(th.shards[i].counters)
		if got, want := th.shards[i].recent.Len(), len(th.shards[i].counters); got != want {
			t.Fatalf("a shard lists %d counters and keeps %d", got, want)
		}
	}
	if kept > capacity+shards {
		t.Fatalf("%d counters are kept, want at most %d", kept, capacity+shards)
	}
}

func TestTheKeyLongestUnusedGivesWay(t *testing.T) {
	th := New(newClock().now, 1)
	first := "k"
	_, home := th.shard(first)
	th.fail(first, 1, time.Minute)
	for i := range 10_000 {
		key := fmt.Sprint(i)
		if _, d := th.shard(key); d[0]%shards != home[0]%shards {
			continue
		}
		th.fail(key, 1, time.Minute)
		ok, _ := th.allow(key, 1, time.Minute)
		wantNotAllowed(t, ok)
		ok, _ = th.allow(first, 1, time.Minute)
		wantAllowed(t, ok)
		return
	}
	t.Fatal("no second key in the shard")
}

func TestConcurrentUse(t *testing.T) {
	th := New(newClock().now, 50)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 500 {
				key := fmt.Sprint((g + i) % 70)
				if reserved, _, ok := th.Reserve(Limit{Key: key, Attempts: 3, Window: time.Minute}); ok && i%2 == 0 {
					reserved.GiveBack()
				}
				th.fail(key, 3, time.Minute)
				if i%10 == 0 {
					th.Reset(key)
				}
			}
		})
	}
	wg.Wait()
}
