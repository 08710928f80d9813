package storetest

import (
	"errors"
	"sync/atomic"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

func testTracked(t *testing.T, h *harness) {
	var g store.Generations
	h.Store = store.Track(h.Store, &g)
	r := record(store.Grants, "g")
	slot, aside := g.Slot(store.Grants, "g"), g.Slot(store.Sessions, "s")
	if slot == aside {
		t.Fatal("the test needs two records with different slots")
	}
	moved := func(what string, want bool, do func()) {
		t.Helper()
		before, other := g.Load(slot), g.Load(aside)
		do()
		if got := g.Load(slot) != before; got != want {
			t.Errorf("%s: generation moved is %t, want %t", what, got, want)
		}
		if g.Load(aside) != other {
			t.Errorf("%s moved the slot of another record", what)
		}
	}
	moved("create", true, func() { h.commit(t, store.Creating(r)) })
	moved("get", false, func() { h.get(t, store.Grants, "g") })
	moved("require", false, func() { h.commit(t, store.Requiring(stored(r, 1))) })
	moved("replace", true, func() { h.commit(t, store.Replacing(stored(r, 1))) })
	moved("a lost replace", true, func() { h.refused(t, store.ErrConflict, store.Replacing(stored(r, 1))) })
	moved("delete", true, func() { h.commit(t, store.Deleting(stored(r, 2))) })
	moved("an invalid commit", true, func() { h.refused(t, store.ErrInvalid, store.Deleting(r)) })
	moved("list and sweep", false, func() {
		h.keys(t, store.Grants, store.Filter{}, 10)
		if _, err := h.Sweep(t.Context(), h.clock.Now(), 10); err != nil {
			t.Error(err)
		}
	})
}

// testFactsStayFresh: a reader that remembers a version under its generation never trusts it after the commit
// that ended it has returned to its author.
func testFactsStayFresh(t *testing.T, h *harness) {
	var g store.Generations
	h.Store = store.Track(h.Store, &g)
	h.commit(t, store.Creating(record(store.Grants, "g")))
	slot := g.Slot(store.Grants, "g")
	var finished atomic.Int64 // the newest version whose commit has returned
	finished.Store(1)
	var stop atomic.Bool
	together(5, func(i int) {
		if i == 0 {
			defer stop.Store(true)
			for range 200 {
				r, err := h.Get(t.Context(), store.Grants, "g")
				if err == nil {
					err = h.Commit(t.Context(), store.Replacing(r))
				}
				if err != nil {
					t.Errorf("writer: %v", err)
					return
				}
				finished.Store(r.Version + 1)
			}
			return
		}
		var generation uint64
		var remembered int64
		for !stop.Load() {
			least := finished.Load()
			if remembered == 0 || g.Load(slot) != generation {
				generation = g.Mark(slot)
				r, err := h.Get(t.Context(), store.Grants, "g")
				if err != nil {
					if !errors.Is(err, store.ErrClosed) {
						t.Errorf("reader: %v", err)
					}
					return
				}
				remembered = r.Version
			}
			if remembered < least {
				t.Errorf("version %d was trusted although the commit of %d had returned", remembered, least)
				return
			}
		}
	})
}
