package throttle_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
)

// clockOf is a clock that is set by hand.
type clockOf struct{ nanos atomic.Int64 }

func (c *clockOf) Now() time.Time { return time.Unix(0, c.nanos.Load()).UTC() }

func (c *clockOf) advance(d time.Duration) { c.nanos.Add(int64(d)) }

// nodes are two that share a store.
func nodes(t *testing.T) (clock *clockOf, s store.Store, a, b *throttle.Shared) {
	t.Helper()
	clock = &clockOf{}
	clock.nanos.Store(time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC).UnixNano())
	s = memory.New(clock.Now)
	t.Cleanup(func() { _ = s.Close() })
	return clock, s, throttle.NewShared(s, clock.Now), throttle.NewShared(s, clock.Now)
}

func reserve(t *testing.T, s *throttle.Shared, limits ...throttle.Limit) (throttle.Claim, time.Duration) {
	t.Helper()
	claim, wait, err := s.Reserve(t.Context(), limits...)
	if err != nil {
		t.Fatal(err)
	}
	return claim, wait
}

func TestThreat103_NodesShareOneBudget(t *testing.T) {
	clock, s, a, b := nodes(t)
	account, network := throttle.Limit{Key: "account diana", Attempts: 3, Window: time.Minute}, throttle.Limit{Key: "network", Attempts: 10, Window: time.Minute}
	for i, node := range []*throttle.Shared{a, b, a} {
		if _, wait := reserve(t, node, account, network); wait != 0 {
			t.Fatalf("attempt %d has to wait for %s", i, wait)
		}
		clock.advance(10 * time.Second)
	}
	if _, wait := reserve(t, b, account, network); wait != 30*time.Second {
		t.Errorf("the fourth attempt has to wait for %s", wait)
	}
	// One that had no room counts nowhere.
	if _, wait := reserve(t, a, throttle.Limit{Key: "network", Attempts: 4, Window: time.Minute}); wait != 0 {
		t.Errorf("an attempt that was refused was counted: %s", wait)
	}
	clock.advance(30 * time.Second)
	if _, wait := reserve(t, b, account); wait != 0 {
		t.Errorf("after the first is over: %s", wait)
	}
	records, err := s.List(t.Context(), store.Throttles, store.Filter{}, "", 10)
	if err != nil || len(records) != 2 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for _, r := range records {
		if strings.Contains(r.Key+string(r.Body)+r.Subject, "diana") || r.ExpiresAt.IsZero() {
			t.Errorf("%+v", r)
		}
	}
}

func TestAClaimIsGivenBack(t *testing.T) {
	_, _, a, b := nodes(t)
	limit := throttle.Limit{Key: "k", Attempts: 2, Window: time.Minute}
	first, _ := reserve(t, a, limit)
	if _, wait := reserve(t, b, limit); wait != 0 {
		t.Fatal(wait)
	}
	if _, wait := reserve(t, b, limit); wait == 0 {
		t.Fatal("a third attempt of two")
	}
	if err := first.GiveBack(t.Context()); err != nil {
		t.Fatal(err)
	}
	last, wait := reserve(t, b, limit)
	if wait != 0 {
		t.Errorf("one that was given back counts: %s", wait)
	}
	if err := a.Reset(t.Context(), limit); err != nil {
		t.Fatal(err)
	}
	// What is no longer there can be given back.
	if err := errors.Join(last.GiveBack(t.Context()), throttle.Claim{}.GiveBack(t.Context()), a.Reset(t.Context(), limit)); err != nil {
		t.Error(err)
	}
	for range 2 {
		if _, wait := reserve(t, a, limit); wait != 0 {
			t.Errorf("after a reset: %s", wait)
		}
	}
}

// TestThreat103_RacersOverNodesKeepTheBudget: attempts at the same time count one by one.
func TestThreat103_RacersOverNodesKeepTheBudget(t *testing.T) {
	_, _, a, b := nodes(t)
	limit := throttle.Limit{Key: "k", Attempts: 5, Window: time.Minute}
	var racing sync.WaitGroup
	var through atomic.Int32
	for i := range 32 {
		racing.Go(func() {
			_, wait, err := []*throttle.Shared{a, b}[i%2].Reserve(context.Background(), limit)
			if err == nil && wait == 0 {
				through.Add(1)
			}
			if err != nil && !errors.Is(err, oauth.ErrUnavailable) {
				t.Error(err)
			}
		})
	}
	racing.Wait()
	if n := through.Load(); n < 1 || n > 5 {
		t.Errorf("%d of 5 attempts", n)
	}
}

func TestNothingIsJudgedWithoutTheStore(t *testing.T) {
	_, s, a, _ := nodes(t)
	limit := throttle.Limit{Key: "k", Attempts: 5, Window: time.Minute}
	claim, _ := reserve(t, a, limit)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, wait, err := a.Reserve(t.Context(), limit); !errors.Is(err, oauth.ErrUnavailable) || wait != 0 {
		t.Errorf("%s, %v", wait, err)
	}
	for _, err := range []error{claim.GiveBack(t.Context()), a.Reset(t.Context(), limit)} {
		if !errors.Is(err, oauth.ErrUnavailable) {
			t.Error(err)
		}
	}
}

func TestOneNodeCountsInMemoryAlone(t *testing.T) {
	var none *throttle.Shared
	claim, wait, err := none.Reserve(t.Context(), throttle.Limit{})
	if err := errors.Join(err, claim.GiveBack(t.Context()), none.Reset(t.Context(), throttle.Limit{})); err != nil || wait != 0 {
		t.Errorf("%s, %v", wait, err)
	}
	_, _, a, _ := nodes(t)
	for _, limit := range []throttle.Limit{{Key: "k", Window: time.Minute}, {Key: "k", Attempts: 1}} {
		if _, wait := reserve(t, a, limit); wait == 0 {
			t.Errorf("%+v has room", limit)
		}
	}
}
