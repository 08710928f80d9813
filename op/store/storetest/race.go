package storetest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// racers is how many goroutines want the same thing.
const racers = 64

// race lets the racers commit what each brings and wants exactly one success, all others losing with want.
func race(t *testing.T, h *harness, want error, changes func(i int) []store.Change) (winner int) {
	t.Helper()
	var wins atomic.Int32
	var last atomic.Int32
	together(racers, func(i int) {
		err := h.Commit(t.Context(), changes(i)...)
		switch {
		case err == nil:
			wins.Add(1)
			last.Store(int32(i))
		case !errors.Is(err, want):
			t.Errorf("racer %d: got %v, want %v", i, err, want)
		}
	})
	if n := wins.Load(); n != 1 {
		t.Fatalf("%d of %d racers won", n, racers)
	}
	return int(last.Load())
}

func testOneCreator(t *testing.T, h *harness) {
	for round := range 10 {
		winner := race(t, h, store.ErrExists, func(i int) []store.Change {
			r := record(store.UsedOnce, key(round))
			r.ClientID = key(i)
			return []store.Change{store.Creating(r)}
		})
		if got := h.get(t, store.UsedOnce, key(round)); got.ClientID != key(winner) || got.Version != 1 {
			t.Fatalf("racer %d won, version %d of %s stands", winner, got.Version, got.ClientID)
		}
	}
}

func testOneReplacer(t *testing.T, h *harness) {
	h.commit(t, store.Creating(record(store.Codes, "c")))
	for round := range 10 {
		seen := h.get(t, store.Codes, "c")
		winner := race(t, h, store.ErrConflict, func(i int) []store.Change {
			r := seen
			r.ClientID = key(i)
			return []store.Change{store.Replacing(r)}
		})
		if got := h.get(t, store.Codes, "c"); got.ClientID != key(winner) || got.Version != int64(round+2) {
			t.Fatalf("racer %d won, version %d of %s stands", winner, got.Version, got.ClientID)
		}
	}
}

// testOneSpender is the redemption of one code: what it gives is created by the commit that spends it.
func testOneSpender(t *testing.T, h *harness) {
	grant, code := record(store.Grants, "g"), record(store.Codes, "c")
	h.commit(t, store.Creating(grant), store.Creating(code))
	winner := race(t, h, store.ErrConflict, func(i int) []store.Change {
		return []store.Change{
			store.Requiring(stored(grant, 1)),
			store.Creating(record(store.AccessTokens, key(i))),
			store.Creating(record(store.RefreshTokens, key(i))),
			store.Replacing(stored(code, 1)),
		}
	})
	for _, k := range []store.Kind{store.AccessTokens, store.RefreshTokens} {
		if keys := h.keys(t, k, store.Filter{GrantID: "grant-1"}, 100); len(keys) != 1 || keys[0] != key(winner) {
			t.Errorf("racer %d won; stored in %s are %v", winner, k, keys)
		}
	}
}

func testCounting(t *testing.T, h *harness) {
	h.commit(t, store.Creating(record(store.Throttles, "n")))
	const each = 10
	together(8, func(i int) {
		for done := 0; done < each; {
			r, err := h.Get(t.Context(), store.Throttles, "n")
			if err != nil {
				t.Errorf("Get: %v", err)
				return
			}
			switch err := h.Commit(t.Context(), store.Replacing(r), store.Creating(record(store.UsedOnce, key(i*each+done)))); {
			case err == nil:
				done++
			case !errors.Is(err, store.ErrConflict):
				t.Errorf("Commit: %v", err)
				return
			}
		}
	})
	if got := h.get(t, store.Throttles, "n").Version; got != 1+8*each {
		t.Errorf("after %d increments the version is %d", 8*each, got)
	}
	if got := len(h.keys(t, store.UsedOnce, store.Filter{}, 100)); got != 8*each {
		t.Errorf("%d increments left %d records", 8*each, got)
	}
}

func testReadYourWrites(t *testing.T, h *harness) {
	together(8, func(i int) {
		for j := range 25 {
			k := key(i*100 + j)
			if err := h.Commit(t.Context(), store.Creating(record(store.AccessTokens, k))); err != nil {
				t.Errorf("Commit: %v", err)
				return
			}
			if _, err := h.Get(t.Context(), store.AccessTokens, k); err != nil {
				t.Errorf("Get after a finished Commit: %v", err)
				return
			}
			if page, err := h.List(t.Context(), store.AccessTokens, store.Filter{}, k[:len(k)-1], 20); err != nil || len(page) == 0 {
				t.Errorf("List after a finished Commit: %v, %v", page, err)
				return
			}
		}
	})
}

// testNoEscape: grants hang from a session; those made under Require while it ends are either before the end
// or not at all.
func testNoEscape(t *testing.T, h *harness) {
	session := record(store.Sessions, "s")
	h.commit(t, store.Creating(session))
	var after sync.Map
	var ended atomic.Bool
	together(racers, func(i int) {
		if i == racers/2 {
			if err := h.Commit(t.Context(), store.Replacing(stored(session, 1))); err != nil {
				t.Errorf("ending the session: %v", err)
			}
			ended.Store(true)
			return
		}
		late := ended.Load()
		err := h.Commit(t.Context(), store.Requiring(stored(session, 1)), store.Creating(record(store.Grants, key(i))))
		switch {
		case err != nil && !errors.Is(err, store.ErrConflict):
			t.Errorf("Commit: %v", err)
		case err == nil && late:
			t.Error("a grant was made under a session that had ended")
		case err != nil:
			after.Store(key(i), true)
		}
	})
	for _, k := range h.keys(t, store.Grants, store.Filter{}, 100) {
		if _, lost := after.Load(k); lost {
			t.Errorf("grant %s lost its commit and is stored", k)
		}
	}
}
