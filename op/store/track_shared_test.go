package store_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

var errEnded = errors.New("the connection broke")

// remembers reports whether something that is remembered now would be believed a moment later.
func remembers(g *store.Generations) bool {
	slot := g.Slot(store.Grants, "g")
	return g.Mark(slot) == g.Load(slot)
}

// TestNothingIsRememberedWhileNobodyListens: a node that does not hear of a revocation must ask for each one.
func TestNothingIsRememberedWhileNobodyListens(t *testing.T) {
	var g store.Generations
	backend := &fake{close: func() error { return nil }}
	s := store.TrackShared(backend, &g)
	slot := g.Slot(store.Grants, "g")
	if remembers(&g) || !g.Deaf() {
		t.Error("something is remembered before anybody listens")
	}
	early := g.Mark(slot)
	var heard uint64
	backend.watch = func(changed func(store.Change)) error {
		if remembers(&g) {
			t.Error("something is remembered before the listener hears")
		}
		changed(store.Change{})
		if !remembers(&g) || g.Deaf() {
			t.Error("nothing is remembered although the listener hears")
		}
		if g.Load(slot) == early {
			t.Error("what was read before is believed now")
		}
		heard = g.Mark(slot)
		changed(store.Replacing(grant("other")))
		if g.Load(slot) != heard {
			t.Error("a change of another record makes this one stale")
		}
		before := snapshot(&g)
		changed(store.Change{})
		if n := moved(before, snapshot(&g)); n != counters {
			t.Errorf("loss moved %d counters", n)
		}
		heard = g.Mark(slot)
		return errEnded
	}
	if err := s.Watch(t.Context(), func(store.Change) {}); !errors.Is(err, errEnded) {
		t.Fatal(err)
	}
	if g.Load(slot) == heard {
		t.Error("what was remembered is believed after the listener is gone")
	}
	if remembers(&g) || !g.Deaf() {
		t.Error("something is remembered after the listener is gone")
	}
	backend.watch = func(changed func(store.Change)) error {
		changed(store.Change{})
		heard = g.Mark(slot)
		return errors.Join(errEnded, s.Close())
	}
	if err := s.Watch(t.Context(), func(store.Change) {}); !errors.Is(err, errEnded) {
		t.Fatal(err)
	}
	if remembers(&g) || g.Load(slot) == heard {
		t.Error("something is believed of a closed store")
	}
}

// TestMust056_NothingIsBelievedForLong: however it comes that nothing is heard. A node that stands still does not learn that.
func TestMust056_NothingIsBelievedForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g store.Generations
		backend := &fake{}
		s := store.TrackShared(backend, &g)
		want := func(current bool, when string) {
			t.Helper()
			if g.Current() != current {
				t.Errorf("%s, what is remembered is believed: %t", when, !current)
			}
		}
		want(false, "before anything was heard")
		told := 0
		backend.watch = func(changed func(store.Change)) error {
			changed(store.Change{})
			want(false, "before the store says up to when that is all")
			for range 2 {
				asked := time.Now()
				time.Sleep(600 * time.Millisecond)
				changed(store.Heard(asked))
				want(true, "right after the answer")
				time.Sleep(399 * time.Millisecond)
				want(true, "before a second is over since it was asked")
				time.Sleep(time.Millisecond)
				want(false, "when it is over")
			}
			changed(store.Heard(time.Now()))
			want(true, "until it ends")
			return errEnded
		}
		if err := s.Watch(t.Context(), func(store.Change) { told++ }); !errors.Is(err, errEnded) {
			t.Fatal(err)
		}
		want(false, "as soon as nobody listens") // who keeps anything without a slot, as the keys are, asks again from now on
		if told != 1 {
			t.Errorf("%d changes were told, want that there is one to begin with", told)
		}
	})
}

// TestAStoreOfOneNodeIsNeverDeaf: nobody else writes to it.
func TestAStoreOfOneNodeIsNeverDeaf(t *testing.T) {
	var g store.Generations
	s := store.Track(&fake{watch: func(func(store.Change)) error { return errEnded }}, &g)
	for range 2 {
		if !remembers(&g) || g.Deaf() || !g.Current() {
			t.Error("nothing is remembered")
		}
		if err := s.Watch(t.Context(), func(store.Change) {}); !errors.Is(err, errEnded) {
			t.Fatal(err)
		}
	}
}

// TestAPanicLeavesNobodyTrusting: whatever ends a Watch.
func TestAPanicLeavesNobodyTrusting(t *testing.T) {
	var g store.Generations
	s := store.TrackShared(&fake{watch: func(changed func(store.Change)) error {
		changed(store.Change{})
		panic("backend")
	}}, &g)
	func() {
		defer func() { _ = recover() }()
		_ = s.Watch(t.Context(), func(store.Change) {})
	}()
	if remembers(&g) {
		t.Error("something is remembered")
	}
}

// TestWhatOthersAreTold: a notification costs every commit that notifies, and tells only of what somebody may remember.
func TestWhatOthersAreTold(t *testing.T) {
	of := func(k store.Kind) store.Record { return store.Record{Kind: k, Key: "k", Version: 1} }
	for _, k := range store.Kinds {
		if store.Requiring(of(k)).Told() || (store.Change{Record: of(k)}).Told() {
			t.Errorf("%s: what changes nothing is told", k)
		}
		if store.Replacing(of(k)).Told() != store.Deleting(of(k)).Told() || store.Creating(of(k)).Told() && !store.Deleting(of(k)).Told() {
			t.Errorf("%s: not all that matters is told", k)
		}
	}
	for k, want := range map[store.Kind]bool{
		store.Grants: true, store.Sessions: true, store.Accounts: true, store.Clients: true, store.Consents: true, store.Keys: true,
		store.DeniedTokens: true, store.AccessTokens: true, store.SiteSessions: true,
		store.RefreshTokens: false, store.Codes: false, store.UsedOnce: false, store.Throttles: false,
	} {
		if got := store.Replacing(of(k)).Told(); got != want {
			t.Errorf("a change of %s is told: %t, want %t", k, got, want)
		}
	}
	for k, want := range map[store.Kind]bool{store.DeniedTokens: true, store.Accounts: true, store.Keys: true, store.Grants: false, store.AccessTokens: false} {
		if got := store.Creating(of(k)).Told(); got != want {
			t.Errorf("a new record of %s is told: %t, want %t", k, got, want)
		}
	}
}
