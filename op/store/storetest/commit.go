package storetest

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

func testRoundTrip(t *testing.T, h *harness) {
	full := record(store.Grants, "full")
	bare := store.Record{Kind: store.Grants, Key: "bare"}
	odd := store.Record{
		Kind: store.Consents, Key: `o'Brien "x"; -- / % ü 語 ` + "\n", Subject: `' OR 1=1 --`, ClientID: "https://client.example/?a=b",
		Body: []byte("{\"text\": \"\\u0000 é \U0001F600\", \"n\": 12345678901234567890}"),
	}
	large := record(store.Keys, "large")
	large.Body = append(append([]byte(`"`), bytes.Repeat([]byte("x"), 1<<20)...), '"')
	h.commit(t, store.Creating(full), store.Creating(bare), store.Creating(odd), store.Creating(large))
	for _, r := range []store.Record{full, bare, odd, large} {
		h.stands(t, stored(r, 1))
	}
	// What is handed out is the caller's: changing it changes nothing in the store.
	h.get(t, store.Grants, "full").Body[0] = 'X'
	full.Body[0] = 'Y'
	full.Body = []byte(`{"n":1}`)
	h.stands(t, stored(full, 1))
}

func testKinds(t *testing.T, h *harness) {
	for i, k := range store.Kinds {
		h.absent(t, k, "same")
		r := record(k, "same")
		r.Subject = key(i)
		h.commit(t, store.Creating(r))
	}
	for i, k := range store.Kinds {
		if got := h.get(t, k, "same"); got.Subject != key(i) || got.Kind != k {
			t.Errorf("kind %s gives the record of kind %s, subject %s", k, got.Kind, got.Subject)
		}
		if got := h.keys(t, k, store.Filter{}, 10); len(got) != 1 {
			t.Errorf("kind %s lists %v", k, got)
		}
	}
}

func testCreate(t *testing.T, h *harness) {
	r := record(store.Codes, "c")
	r.Version = 41 // ignored
	h.commit(t, store.Creating(r))
	h.stands(t, stored(r, 1))
	other := record(store.Codes, "c")
	other.Subject = "babs"
	h.refused(t, store.ErrExists, store.Creating(other))
	h.stands(t, stored(r, 1))
}

func testReplace(t *testing.T, h *harness) {
	h.refused(t, store.ErrConflict, store.Replacing(stored(record(store.Codes, "none"), 1)))
	h.absent(t, store.Codes, "none")
	h.commit(t, store.Creating(record(store.Codes, "c")))
	r := h.get(t, store.Codes, "c")
	r.Body, r.GrantID, r.ExpiresAt = []byte(`{"spent":true}`), "", time.Time{}
	h.commit(t, store.Replacing(r))
	h.stands(t, stored(r, 2))
	for _, version := range []int64{1, 3} {
		h.refused(t, store.ErrConflict, store.Replacing(stored(r, version)))
	}
	h.stands(t, stored(r, 2))
}

func testDelete(t *testing.T, h *harness) {
	h.refused(t, store.ErrConflict, store.Deleting(stored(record(store.Codes, "none"), 1)))
	r := record(store.Codes, "c")
	h.commit(t, store.Creating(r))
	h.refused(t, store.ErrConflict, store.Deleting(stored(r, 2)))
	h.stands(t, stored(r, 1))
	h.commit(t, store.Deleting(stored(r, 1)))
	h.absent(t, store.Codes, "c")
	h.refused(t, store.ErrConflict, store.Deleting(stored(r, 1)))
	// A key that is free again begins again.
	h.commit(t, store.Creating(r))
	h.stands(t, stored(r, 1))
}

func testRequire(t *testing.T, h *harness) {
	grant := record(store.Grants, "g")
	h.commit(t, store.Creating(grant))
	h.commit(t, store.Requiring(stored(grant, 1)), store.Creating(record(store.Codes, "c1")))
	h.stands(t, stored(grant, 1))
	h.commit(t, store.Replacing(stored(grant, 1)))
	h.refused(t, store.ErrConflict, store.Creating(record(store.Codes, "c2")), store.Requiring(stored(grant, 1)))
	h.absent(t, store.Codes, "c2")
	h.refused(t, store.ErrConflict, store.Requiring(stored(record(store.Grants, "none"), 1)))
	h.commit(t, store.Requiring(stored(grant, 2)))
	h.stands(t, stored(grant, 2))
}

func testAllOrNone(t *testing.T, h *harness) {
	kept, gone := record(store.RefreshTokens, "kept"), record(store.RefreshTokens, "gone")
	h.commit(t, store.Creating(kept), store.Creating(gone))
	rewritten := stored(kept, 1)
	rewritten.Body = []byte(`{"n":2}`)
	before := []store.Change{
		store.Creating(record(store.AccessTokens, "new")), store.Replacing(rewritten), store.Deleting(stored(gone, 1)),
	}
	for name, last := range map[string]store.Change{
		"create":  store.Creating(record(store.RefreshTokens, "kept")),
		"replace": store.Replacing(stored(kept, 7)),
		"delete":  store.Deleting(stored(kept, 7)),
		"require": store.Requiring(stored(kept, 7)),
	} {
		for place := range len(before) + 1 {
			changes := append(append(append([]store.Change(nil), before[:place]...), last), before[place:]...)
			err := h.Commit(t.Context(), changes...)
			if !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrExists) {
				t.Fatalf("a lost %s at place %d: %v", name, place, err)
			}
			h.absent(t, store.AccessTokens, "new")
			h.stands(t, stored(kept, 1))
			h.stands(t, stored(gone, 1))
		}
	}
	h.commit(t, before...)
	h.stands(t, stored(record(store.AccessTokens, "new"), 1))
	h.stands(t, stored(rewritten, 2))
	h.absent(t, store.RefreshTokens, "gone")
	h.commit(t)
}

func testOrder(t *testing.T, h *harness) {
	r := record(store.Codes, "c")
	h.commit(t, store.Creating(r), store.Requiring(stored(r, 1)), store.Replacing(stored(r, 1)), store.Requiring(stored(r, 2)))
	h.stands(t, stored(r, 2))
	h.refused(t, store.ErrConflict, store.Replacing(stored(r, 2)), store.Requiring(stored(r, 2)))
	h.stands(t, stored(r, 2))
	h.commit(t, store.Deleting(stored(r, 2)), store.Creating(r))
	h.stands(t, stored(r, 1))
	h.refused(t, store.ErrExists, store.Deleting(stored(r, 1)), store.Creating(r), store.Creating(r))
	h.stands(t, stored(r, 1))
}

func testLoserNamed(t *testing.T, h *harness) {
	h.commit(t, store.Creating(record(store.Answered, "i")))
	for _, c := range []struct {
		name   string
		change store.Change
		want   store.LostError
	}{
		{"create", store.Creating(record(store.Answered, "i")), store.LostError{Kind: store.Answered, Key: "i", Err: store.ErrExists}},
		{"replace", store.Replacing(stored(record(store.Codes, "c"), 1)), store.LostError{Kind: store.Codes, Key: "c", Err: store.ErrConflict}},
	} {
		err := h.Commit(t.Context(), store.Creating(record(store.Grants, "g-"+c.name)), c.change)
		var lost *store.LostError
		if !errors.As(err, &lost) {
			t.Fatalf("%s: no LostError in %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, *lost, cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func testInvalid(t *testing.T, h *harness) {
	with := func(change func(*store.Record)) store.Record {
		r := stored(record(store.Codes, "c"), 1)
		change(&r)
		return r
	}
	for name, c := range map[string]store.Change{
		"no operation":             {Record: record(store.Codes, "c")},
		"an unknown operation":     {Op: store.Require + 1, Record: stored(record(store.Codes, "c"), 1)},
		"no kind":                  store.Creating(with(func(r *store.Record) { r.Kind = "" })),
		"an unknown kind":          store.Creating(with(func(r *store.Record) { r.Kind = `codes" --` })),
		"no key":                   store.Creating(with(func(r *store.Record) { r.Key = "" })),
		"a key with NUL":           store.Creating(with(func(r *store.Record) { r.Key = "a\x00b" })),
		"a column that is no text": store.Creating(with(func(r *store.Record) { r.Subject = "\xff" })),
		"a body that is no JSON":   store.Creating(with(func(r *store.Record) { r.Body = []byte(`{"n":`) })),
		"a value without JSON":     store.Creating(with(func(r *store.Record) { r.Body = store.Body(make(chan int)) })),
		"replace without version":  store.Replacing(record(store.Codes, "c")),
		"delete without version":   store.Deleting(record(store.Codes, "c")),
		"require without version":  store.Requiring(record(store.Codes, "c")),
	} {
		t.Run(name, func(t *testing.T) {
			h.refused(t, store.ErrInvalid, store.Creating(record(store.Grants, "g")), c)
			h.absent(t, store.Grants, "g")
			h.absent(t, store.Codes, "c")
		})
	}
	if _, err := h.Get(t.Context(), "nonsense", "k"); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("Get of an unknown kind: %v", err)
	}
	if _, err := h.List(t.Context(), "nonsense", store.Filter{}, "", 1); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("List of an unknown kind: %v", err)
	}
	for _, limit := range []int{0, -1} {
		if _, err := h.List(t.Context(), store.Codes, store.Filter{}, "", limit); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("List with limit %d: %v", limit, err)
		}
		if _, err := h.Sweep(t.Context(), epoch, limit); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("Sweep with limit %d: %v", limit, err)
		}
	}
}
