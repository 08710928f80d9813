package store_test

import (
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

// shared is a store with other nodes.
type shared struct {
	store.Store
	hears bool
}

func (s *shared) Watching() bool { return s.hears }

func TestWatchingLooksThroughWhatWraps(t *testing.T) {
	alone := memory.New(time.Now)
	if !store.Watching(alone) || !store.Watching(store.Track(alone, new(store.Generations))) {
		t.Error("a store without other nodes misses something")
	}
	other := &shared{Store: alone}
	wrapped := store.Track(other, new(store.Generations))
	if store.Watching(other) || store.Watching(wrapped) {
		t.Error("a listener that is down is taken for one that hears")
	}
	if other.hears = true; !store.Watching(wrapped) {
		t.Error("a listener that hears is taken for one that is down")
	}
}
