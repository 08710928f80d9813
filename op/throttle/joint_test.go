package throttle_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
)

const many = 10_000

// counting counts what is written.
type counting struct {
	store.Store
	commits atomic.Int64
}

func (c *counting) Commit(ctx context.Context, changes ...store.Change) error {
	c.commits.Add(1)
	return c.Store.Commit(ctx, changes...)
}

// joints are those of nodes that share a store.
func joints(t *testing.T, n int, portioned bool) (*clockOf, *counting, []*throttle.Joint) {
	t.Helper()
	clock, s, _, _ := nodes(t)
	written := &counting{Store: s}
	all := make([]*throttle.Joint, n)
	for i := range all {
		here, shared := throttle.New(clock.Now, many), throttle.NewShared(written, clock.Now)
		if portioned {
			all[i] = throttle.NewPortioned("test", here, shared, clock.Now, many)
		} else {
			all[i] = throttle.NewJoint("test", here, shared)
		}
	}
	return clock, written, all
}

// try makes an attempt and reports whether there was room.
func try(t *testing.T, j *throttle.Joint, limits ...throttle.Limit) (throttle.Taken, bool) {
	t.Helper()
	taken, wait, err := j.Reserve(t.Context(), limits...)
	if err != nil || wait < 0 {
		t.Fatal(wait, err)
	}
	return taken, wait == 0
}

// TestThreat103_WhoGuessesAtAllNodesHasOneBudget: exactly one of a Joint, little more than one of a portioned one; and
// no more when they are made at once.
func TestThreat103_WhoGuessesAtAllNodesHasOneBudget(t *testing.T) {
	limit := throttle.Limit{Key: "client", Attempts: 40, Window: time.Minute}
	for _, test := range []struct {
		portioned bool
		nodes     int
		most      int64
	}{{false, 1, 40}, {false, 3, 40}, {true, 1, 40}, {true, 2, 35 + 2*5}, {true, 4, 35 + 4*5}} {
		for _, racing := range []bool{false, true} {
			clock, _, all := joints(t, test.nodes, test.portioned)
			for range 2 { // and again when it is over
				var made atomic.Int64
				var guessing sync.WaitGroup
				for _, j := range all {
					guess := func() {
						for range 100 {
							switch _, wait, err := j.Reserve(t.Context(), limit); {
							case err == nil && wait == 0:
								made.Add(1)
							case err != nil && !errors.Is(err, oauth.ErrUnavailable):
								t.Error(err)
							}
						}
					}
					if racing {
						guessing.Go(guess)
					} else {
						guess()
					}
				}
				guessing.Wait()
				if made.Load() > test.most || !racing && made.Load() != test.most {
					t.Errorf("%+v, racing %t: %d attempts", test, racing, made.Load())
				}
				clock.advance(limit.Window)
			}
		}
	}
}

// TestWhoIsRightCostsNothing: what anybody may do, and mostly does with success, is counted in memory alone.
func TestWhoIsRightCostsNothing(t *testing.T) {
	_, written, all := joints(t, 1, true)
	for i := range 1000 {
		taken, ok := try(t, all[0], throttle.Limit{Key: fmt.Sprint("client ", i%10), Attempts: 20, Window: time.Minute})
		if !ok {
			t.Fatal("no room for who is right")
		}
		if err := taken.GiveBack(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := written.commits.Load(); n != 0 {
		t.Errorf("%d commits", n)
	}
}

// TestThreat051_StrangersDoNotFillTheStoreWithGuesses: however many networks they come from, and under however many names.
func TestThreat051_StrangersDoNotFillTheStoreWithGuesses(t *testing.T) {
	_, written, all := joints(t, 1, true)
	for network := range 100 {
		for guess := range 100 {
			try(t, all[0],
				throttle.Limit{Key: fmt.Sprint("client ", network, guess%7), Attempts: 20, Window: time.Minute},
				throttle.Limit{Key: fmt.Sprint("clients of ", network), Attempts: 200, Window: time.Minute})
		}
	}
	if n := written.commits.Load(); n > 600 {
		t.Errorf("%d commits in a minute", n)
	}
	// Who has not guessed has room.
	if _, ok := try(t, all[0], throttle.Limit{Key: "another", Attempts: 20, Window: time.Minute}); !ok {
		t.Error("others pay for it")
	}
}

func TestAnAttemptIsGivenBackEverywhere(t *testing.T) {
	for _, portioned := range []bool{false, true} {
		_, _, all := joints(t, 2, portioned)
		limits := []throttle.Limit{{Key: "a", Attempts: 8, Window: time.Minute}, {Key: "b", Attempts: 8, Window: time.Minute}}
		for range 100 {
			for _, j := range all {
				taken, ok := try(t, j, limits...)
				if !ok {
					t.Fatalf("portioned %t: what was given back counts", portioned)
				}
				gone, cancel := context.WithCancel(t.Context())
				cancel()
				if err := taken.GiveBack(gone); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := (throttle.Taken{}).GiveBack(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestWhoWasRightIsForgivenEverywhere: what they tried before counts at no node any more.
func TestWhoWasRightIsForgivenEverywhere(t *testing.T) {
	for _, portioned := range []bool{false, true} {
		_, _, all := joints(t, 2, portioned)
		limit, other := throttle.Limit{Key: "a", Attempts: 8, Window: time.Minute}, throttle.Limit{Key: "b", Attempts: 1, Window: time.Minute}
		if _, ok := try(t, all[0], other); !ok {
			t.Fatal("there is no room to begin with")
		}
		for i := 0; ; i++ {
			if _, ok := try(t, all[i%2], limit); !ok {
				break
			}
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for _, j := range all { // each has its own portion
			if err := j.Reset(gone, limit); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 8 {
			if _, ok := try(t, all[i%2], limit); !ok {
				t.Errorf("portioned %t: of 8 attempts there was room for %d", portioned, i)
				break
			}
		}
		if _, ok := try(t, all[0], other); ok {
			t.Errorf("portioned %t: another budget was forgotten too", portioned)
		}
	}
}

// TestNoJointAttemptWithoutTheStore: an attempt that cannot be told to the others is an outage, and counts nowhere.
func TestNoJointAttemptWithoutTheStore(t *testing.T) {
	_, written, all := joints(t, 1, false)
	if err := written.Close(); err != nil {
		t.Fatal(err)
	}
	limit := throttle.Limit{Key: "k", Attempts: 1, Window: time.Minute}
	for range 3 {
		if _, wait, err := all[0].Reserve(t.Context(), limit); !errors.Is(err, oauth.ErrUnavailable) || wait != 0 {
			t.Errorf("%s, %v", wait, err)
		}
	}
}

// TestOneNodeCountsInMemory: all of a budget, for one without others.
func TestOneNodeCountsInMemory(t *testing.T) {
	clock := &clockOf{}
	j := throttle.NewPortioned("test", throttle.New(clock.Now, many), nil, clock.Now, many)
	limit := throttle.Limit{Key: "k", Attempts: 20, Window: time.Minute}
	made := 0
	for range 100 {
		if _, ok := try(t, j, limit); ok {
			made++
		}
	}
	if _, _, ok := j.Here(limit); ok || made != 20 {
		t.Errorf("%d attempts", made)
	}
}
