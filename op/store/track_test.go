package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// fake is a backend whose commits and watch do as the test says.
type fake struct {
	store.Store
	commit func(changes []store.Change) error
	watch  func(changed func(store.Change)) error
	close  func() error
}

func (f *fake) Close() error { return f.close() }

func (f *fake) Commit(_ context.Context, changes ...store.Change) error { return f.commit(changes) }

func (f *fake) Watch(_ context.Context, changed func(store.Change)) error { return f.watch(changed) }

func grant(key string) store.Record { return store.Record{Kind: store.Grants, Key: key, Version: 1} }

// counters is how many there are: 4096 for each of 32 kinds.
const counters = 32 * 4096

// snapshot is the value of every counter.
func snapshot(g *store.Generations) []uint64 {
	values := make([]uint64, counters)
	for i := range values {
		values[i] = g.Load(uint32(i))
	}
	return values
}

// moved says how many counters differ.
func moved(before, after []uint64) (n int) {
	for i := range before {
		if before[i] != after[i] {
			n++
		}
	}
	return n
}

func TestSlots(t *testing.T) {
	var g store.Generations
	used := make(map[uint32]int)
	for i := range 40_000 {
		slot := g.Slot(store.Grants, fmt.Sprint("key-", i))
		if slot >= counters {
			t.Fatalf("slot %d is out of range", slot)
		}
		used[slot]++
	}
	if len(used) < 4000 {
		t.Errorf("40,000 keys share %d slots", len(used))
	}
	for slot, n := range used {
		if n > 40 {
			t.Errorf("slot %d stands for %d of 40,000 keys", slot, n)
		}
	}
	if g.Slot(store.Grants, "a") == g.Slot(store.Codes, "a") {
		t.Error("a slot does not depend on the kind")
	}
	if g.Slot("ab", "c") == g.Slot("a", "bc") {
		t.Error("kind and key run into each other")
	}
	if g.Load(counters) != g.Load(0) {
		t.Error("a slot out of range must read like one in it")
	}
}

// TestKindsDoNotDisturbEachOther: records that are written all the time must not make stale what is remembered of others.
func TestKindsDoNotDisturbEachOther(t *testing.T) {
	var g store.Generations
	owner := make(map[uint32]store.Kind)
	for _, k := range store.Kinds {
		for i := range 2000 {
			slot := g.Slot(k, fmt.Sprint("key-", i))
			if other, taken := owner[slot]; taken && other != k {
				t.Fatalf("%s and %s share slot %d", k, other, slot)
			}
			owner[slot] = k
		}
	}
}

func TestTrackBumpsAfterTheCommitAndBeforeItReturns(t *testing.T) {
	var g store.Generations
	var during []uint64
	var answer error
	s := store.Track(&fake{commit: func([]store.Change) error {
		during = snapshot(&g)
		return answer
	}}, &g)
	for _, c := range []struct {
		name    string
		answer  error
		changes []store.Change
		moves   int
	}{
		{"nothing", nil, nil, 0},
		{"require alone", nil, []store.Change{store.Requiring(grant("a"))}, 0},
		{"each writing operation", nil, []store.Change{
			store.Creating(grant("a")), store.Replacing(grant("b")), store.Deleting(grant("c")), store.Requiring(grant("d")),
		}, 3},
		{"a loss", store.ErrConflict, []store.Change{store.Replacing(grant("a"))}, 1},
		{"an outcome nobody knows", store.Unavailable("commit", errors.New("disk")), []store.Change{store.Replacing(grant("a"))}, 1},
	} {
		answer = c.answer
		before := snapshot(&g)
		if err := s.Commit(t.Context(), c.changes...); !errors.Is(err, c.answer) {
			t.Errorf("%s: %v", c.name, err)
		}
		if n := moved(before, during); n != 0 {
			t.Errorf("%s: %d slots moved before the changes were made", c.name, n)
		}
		if n := moved(before, snapshot(&g)); n != c.moves {
			t.Errorf("%s: %d slots moved, want %d", c.name, n, c.moves)
		}
	}
}

func TestTrackBumpsWhenTheBackendPanics(t *testing.T) {
	var g store.Generations
	s := store.Track(&fake{commit: func([]store.Change) error { panic("broken") }}, &g)
	before := snapshot(&g)
	func() {
		defer func() { _ = recover() }()
		_ = s.Commit(t.Context(), store.Replacing(grant("a")))
	}()
	if n := moved(before, snapshot(&g)); n != 1 {
		t.Errorf("%d slots moved, want 1", n)
	}
}

func TestTrackFollowsWatch(t *testing.T) {
	var g store.Generations
	end := errors.New("connection lost")
	var atCallback, before []uint64
	reported := []store.Change{store.Replacing(grant("a")), store.Requiring(grant("b")), {}}
	moves := []int{1, 0, counters}
	next := 0
	s := store.Track(&fake{watch: func(changed func(store.Change)) error {
		for _, c := range reported {
			before = snapshot(&g)
			changed(c)
			if n := moved(before, atCallback); n != moves[next] {
				t.Errorf("change %d: %d slots had moved when it was handed on, want %d", next, n, moves[next])
			}
			next++
		}
		before = snapshot(&g)
		return end
	}}, &g)
	err := s.Watch(t.Context(), func(store.Change) { atCallback = snapshot(&g) })
	if !errors.Is(err, end) {
		t.Errorf("Watch: %v", err)
	}
	if next != len(reported) {
		t.Errorf("%d of %d changes were handed on", next, len(reported))
	}
	if n := moved(before, snapshot(&g)); n != counters {
		t.Errorf("the end of Watch moved %d slots, want all", n)
	}
}

func BenchmarkGenerations(b *testing.B) {
	var g store.Generations
	b.Run("slot", func(b *testing.B) {
		for b.Loop() {
			g.Slot(store.Grants, "p3ZkQ0nD6g1kzVbT8xYw2A")
		}
	})
	b.Run("load", func(b *testing.B) {
		slot := g.Slot(store.Grants, "g")
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				g.Load(slot)
			}
		})
	})
}

// Nothing tells of a change any more, so nothing that is remembered counts; not even what was found while
// the store was closing.
func TestTrackForgetsAllWhenItCloses(t *testing.T) {
	var g store.Generations
	var before []uint64
	failed := errors.New("failed")
	s := store.Track(&fake{close: func() error {
		before = snapshot(&g)
		return failed
	}}, &g)
	if err := s.Close(); !errors.Is(err, failed) {
		t.Error(err)
	}
	for i, value := range snapshot(&g) {
		if value == before[i] {
			t.Fatalf("counter %d did not move", i)
		}
	}
}

func TestWhatIsNoticedIsForgotten(t *testing.T) {
	g := new(store.Generations)
	s := store.TrackShared(&fake{}, g)
	if !g.Shared() {
		t.Error("it is not known to be shared")
	}
	before := snapshot(g)
	store.Noticed(s, store.Grants, "one")
	if after := snapshot(g); moved(before, after) != 1 || after[g.Slot(store.Grants, "one")] == before[g.Slot(store.Grants, "one")] {
		t.Errorf("%d counters have moved", moved(before, after))
	}
	store.Noticed(&fake{}, store.Grants, "one") // nobody remembers anything of it
	if alone := new(store.Generations); store.Track(&fake{}, alone) == nil || alone.Shared() {
		t.Error("a store of one node is not shared")
	}
}
