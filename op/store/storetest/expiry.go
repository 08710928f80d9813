package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

func testExpiry(t *testing.T, h *harness) {
	short, long, never := record(store.Codes, "short"), record(store.Codes, "long"), record(store.Codes, "never")
	short.ExpiresAt = epoch.Add(60 * time.Second)
	long.ExpiresAt = epoch.Add(time.Hour)
	never.ExpiresAt = time.Time{}
	h.commit(t, store.Creating(short), store.Creating(long), store.Creating(never))
	h.clock.advance(60*time.Second - time.Millisecond)
	h.stands(t, stored(short, 1))
	h.clock.advance(time.Millisecond)
	h.absent(t, store.Codes, "short")
	h.stands(t, stored(long, 1))
	if diff := cmp.Diff([]string{"long", "never"}, h.keys(t, store.Codes, store.Filter{ClientID: "client-1"}, 10)); diff != "" {
		t.Errorf("List past the expiry (-want +got):\n%s", diff)
	}
	h.refused(t, store.ErrConflict, store.Requiring(stored(short, 1)))
	h.refused(t, store.ErrConflict, store.Replacing(stored(short, 1)))
	h.refused(t, store.ErrConflict, store.Deleting(stored(short, 1)))
	h.clock.advance(100 * 365 * 24 * time.Hour)
	h.absent(t, store.Codes, "long")
	h.stands(t, stored(never, 1))
}

func testExpiredGivesWay(t *testing.T, h *harness) {
	old := record(store.UsedOnce, "jti")
	old.ExpiresAt = epoch.Add(time.Minute)
	h.commit(t, store.Creating(old))
	h.commit(t, store.Replacing(stored(old, 1)))
	h.clock.advance(time.Minute)
	fresh := store.Record{Kind: store.UsedOnce, Key: "jti", ClientID: "client-2", ExpiresAt: epoch.Add(time.Hour)}
	// A commit that fails brings nothing back and takes nothing away.
	h.refused(t, store.ErrConflict, store.Creating(fresh), store.Requiring(stored(record(store.Grants, "none"), 1)))
	h.absent(t, store.UsedOnce, "jti")
	h.commit(t, store.Creating(fresh))
	h.stands(t, stored(fresh, 1))
	if keys := h.keys(t, store.UsedOnce, store.Filter{GrantID: "grant-1"}, 10); len(keys) != 0 {
		t.Errorf("the old record still hangs from its grant: %v", keys)
	}
	h.refused(t, store.ErrExists, store.Creating(fresh))
	// A record can be given an expiry that has passed: it ends by this.
	ended := stored(fresh, 1)
	ended.ExpiresAt = epoch
	h.commit(t, store.Replacing(ended))
	h.absent(t, store.UsedOnce, "jti")
}

func testSweep(t *testing.T, h *harness) {
	for i, k := range store.Kinds {
		for j, expires := range []time.Time{{}, epoch.Add(time.Minute), epoch.Add(time.Hour)} {
			r := record(k, key(10*i+j))
			r.ExpiresAt = expires
			h.commit(t, store.Creating(r))
		}
	}
	if n, err := h.Sweep(t.Context(), h.clock.Now(), 1000); n != 0 || err != nil {
		t.Fatalf("Sweep with nothing expired: %d, %v", n, err)
	}
	h.clock.advance(2 * time.Minute)
	if n, err := h.Sweep(t.Context(), h.clock.Now(), 1000); n != len(store.Kinds) || err != nil {
		t.Fatalf("Sweep: %d, %v, want %d", n, err, len(store.Kinds))
	}
	if n, err := h.Sweep(t.Context(), h.clock.Now(), 1000); n != 0 || err != nil {
		t.Fatalf("a second Sweep: %d, %v", n, err)
	}
	for i, k := range store.Kinds {
		if diff := cmp.Diff([]string{key(10 * i), key(10*i + 2)}, h.keys(t, k, store.Filter{}, 10)); diff != "" {
			t.Errorf("kind %s after the sweep (-want +got):\n%s", k, diff)
		}
	}
}

func testSweepLimit(t *testing.T, h *harness) {
	for i := range 25 {
		r := record(store.Kinds[i%3], key(i))
		r.ExpiresAt = epoch.Add(time.Minute)
		h.commit(t, store.Creating(r))
	}
	h.clock.advance(time.Hour)
	for _, want := range []int{10, 10, 5, 0} {
		if n, err := h.Sweep(t.Context(), h.clock.Now(), 10); n != want || err != nil {
			t.Fatalf("Sweep of at most 10: %d, %v, want %d", n, err, want)
		}
	}
}
