package storetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// model is a store nobody would ship: a map, copied for every commit.
type model map[store.Kind]map[string]store.Record

// commit gives the model after the changes, or the error of the first that cannot be made.
func (m model) commit(now time.Time, changes []store.Change) (model, error) {
	next := make(model)
	for k, records := range m {
		next[k] = maps.Clone(records)
	}
	for _, c := range changes {
		records := next[c.Record.Kind]
		before, ok := records[c.Record.Key]
		ok = ok && !before.ExpiredAt(now)
		if c.Op == store.Create && ok {
			return m, store.ErrExists
		}
		if c.Op != store.Create && (!ok || before.Version != c.Record.Version) {
			return m, store.ErrConflict
		}
		switch c.Op {
		case store.Create, store.Replace:
			version := int64(1)
			if c.Op == store.Replace {
				version = before.Version + 1
			}
			records[c.Record.Key] = stored(c.Record, version)
		case store.Delete:
			delete(records, c.Record.Key)
		default: // a Require writes nothing
		}
	}
	return next, nil
}

// live gives what is not expired, in the order of keys.
func (m model) live(now time.Time, k store.Kind, f store.Filter) []store.Record {
	var records []store.Record
	for _, key := range slices.Sorted(maps.Keys(m[k])) {
		if r := m[k][key]; !r.ExpiredAt(now) && f.Matches(r) {
			records = append(records, r)
		}
	}
	return records
}

// testModel drives store and model through the same random history. The histories share one store: each has a
// client of its own, which is part of its keys, and time only goes on.
func testModel(t *testing.T, h *harness) {
	kinds := []store.Kind{store.Grants, store.Codes}
	history := 0
	rapid.Check(t, func(t *rapid.T) {
		history++
		client := fmt.Sprintf("history-%06d", history)
		m := model{store.Grants: {}, store.Codes: {}}
		change := rapid.Custom(func(t *rapid.T) store.Change {
			r := store.Record{
				Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), ClientID: client,
				Key:     client + rapid.SampledFrom([]string{"/a", "/b", "/c"}).Draw(t, "key"),
				Version: rapid.Int64Range(1, 4).Draw(t, "version"),
				GrantID: rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "grant"),
				Subject: rapid.SampledFrom([]string{"", "diana", "babs"}).Draw(t, "subject"),
				Body:    store.Body(rapid.IntRange(0, 9).Draw(t, "body")),
			}
			if life := rapid.SampledFrom([]time.Duration{0, time.Millisecond, time.Second}).Draw(t, "life"); life > 0 {
				r.ExpiresAt = h.clock.Now().Add(life)
			}
			return store.Change{Op: store.Op(rapid.IntRange(int(store.Create), int(store.Require)).Draw(t, "op")), Record: r}
		})
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			h.clock.advance(rapid.SampledFrom([]time.Duration{0, time.Millisecond, time.Second}).Draw(t, "passes"))
			changes := rapid.SliceOfN(change, 1, 4).Draw(t, "changes")
			var want error
			m, want = m.commit(h.clock.Now(), changes)
			if got := h.Commit(t.Context(), changes...); !errors.Is(got, want) {
				t.Fatalf("Commit: got %v, want %v", got, want)
			}
			if rapid.IntRange(0, 9).Draw(t, "sweep") == 0 {
				if _, err := h.Sweep(t.Context(), h.clock.Now(), 1000); err != nil {
					t.Fatalf("Sweep: %v", err)
				}
			}
			for _, k := range kinds {
				f := store.Filter{ClientID: client, Subject: rapid.SampledFrom([]string{"", "diana"}).Draw(t, "filter")}
				got, err := h.List(t.Context(), k, f, client, 100)
				if err != nil {
					t.Fatalf("List: %v", err)
				}
				if diff := cmp.Diff(m.live(h.clock.Now(), k, f), got); diff != "" {
					t.Fatalf("%s (-model +store):\n%s", k, diff)
				}
			}
		}
	})
}
