package storetest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

func testFilter(t *testing.T, h *harness) {
	// One record for every combination of two values, and of none, in the four columns.
	values := []string{"", "a", "b"}
	all := make([]store.Record, 0, 81)
	for i := range cap(all) {
		r := store.Record{
			Kind: store.RefreshTokens, Key: key(i),
			GrantID: values[i%3], SessionID: values[i/3%3], Subject: values[i/9%3], ClientID: values[i/27%3],
		}
		h.commit(t, store.Creating(r))
		all = append(all, r)
	}
	for i := range 81 {
		f := store.Filter{GrantID: values[i%3], SessionID: values[i/3%3], Subject: values[i/9%3], ClientID: values[i/27%3]}
		var want []string
		for _, r := range all {
			if f.Matches(r) {
				want = append(want, r.Key)
			}
		}
		if diff := cmp.Diff(want, h.keys(t, store.RefreshTokens, f, 7)); diff != "" {
			t.Fatalf("filter %+v (-want +got):\n%s", f, diff)
		}
	}
	if keys := h.keys(t, store.RefreshTokens, store.Filter{Subject: "A"}, 10); len(keys) != 0 {
		t.Errorf("a filter ignored case: %v", keys)
	}
	if keys := h.keys(t, store.RefreshTokens, store.Filter{Subject: "%"}, 10); len(keys) != 0 {
		t.Errorf("a filter was taken for a pattern: %v", keys)
	}
}

func testPages(t *testing.T, h *harness) {
	// Byte order: digits before capitals before small letters before what is not ASCII.
	want := []string{"-", "0", "10", "2", "A", "B", "Z", "a", "a ", "aa", "b", "z", "é", "ﬀ", "\U0001F600"}
	for _, i := range []int{3, 14, 0, 7, 11, 1, 9, 5, 13, 2, 8, 4, 12, 6, 10} {
		h.commit(t, store.Creating(store.Record{Kind: store.Accounts, Key: want[i]}))
	}
	for _, size := range []int{1, 2, 3, len(want), 1000} {
		if diff := cmp.Diff(want, h.keys(t, store.Accounts, store.Filter{}, size)); diff != "" {
			t.Fatalf("pages of %d (-want +got):\n%s", size, diff)
		}
	}
	page, err := h.List(t.Context(), store.Accounts, store.Filter{}, "aaa", 2)
	if err != nil || len(page) != 2 || page[0].Key != "b" || page[1].Key != "z" {
		t.Fatalf("List behind a key that is not there: %v, %v", page, err)
	}
	if diff := cmp.Diff(stored(store.Record{Kind: store.Accounts, Key: "b"}, 1), page[0]); diff != "" {
		t.Errorf("a listed record (-want +got):\n%s", diff)
	}
	if page, err := h.List(t.Context(), store.Accounts, store.Filter{}, slices.Max(want), 2); err != nil || len(page) != 0 {
		t.Errorf("List behind the last key: %v, %v", page, err)
	}
}
