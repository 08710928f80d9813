package moving

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)

func newStore(t *testing.T) store.Store {
	t.Helper()
	s := memory.New(func() time.Time { return noon })
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func commit(t *testing.T, s store.Store, changes ...store.Change) {
	t.Helper()
	if err := s.Commit(t.Context(), changes...); err != nil {
		t.Fatal(err)
	}
}

func admitted(t *testing.T, s store.Store, now time.Time) time.Time {
	t.Helper()
	restored, err := Admit(t.Context(), s, now)
	if err != nil {
		t.Fatal(err)
	}
	return restored
}

func TestAStoreThatWasNeverACopy(t *testing.T) {
	s := newStore(t)
	if got := admitted(t, s, noon); !got.IsZero() {
		t.Errorf("it counts as restored at %s", got)
	}
	if _, version, err := readMark(t.Context(), s); version != 0 || err != nil {
		t.Errorf("it was marked: version %d, %v", version, err)
	}
}

// All that is ever compared with it goes by the first opening: a later one does not move it.
func TestACopyIsRestoredWhenItIsFirstOpened(t *testing.T) {
	s := newStore(t)
	commit(t, s, store.Creating(CopyMark(noon.Add(-24*time.Hour))))
	first := admitted(t, s, noon)
	if want := noon.Truncate(time.Millisecond); !first.Equal(want) {
		t.Errorf("restored at %s, want %s", first, want)
	}
	if later := admitted(t, s, noon.Add(time.Hour)); !later.Equal(first) {
		t.Errorf("opened again it was restored at %s, not at %s", later, first)
	}
	if m, _, err := readMark(t.Context(), s); err != nil || !m.At.Equal(noon.Add(-24*time.Hour)) {
		t.Errorf("it does not know any more when it was taken: %+v, %v", m, err)
	}
}

func TestNodesAgreeWhenACopyWasRestored(t *testing.T) {
	s := newStore(t)
	commit(t, s, store.Creating(CopyMark(noon)))
	var nodes sync.WaitGroup
	times := make([]time.Time, 16)
	for i := range times {
		nodes.Go(func() {
			got, err := Admit(t.Context(), s, noon.Add(time.Duration(i)*time.Second))
			if err != nil {
				t.Error(err)
			}
			times[i] = got
		})
	}
	nodes.Wait()
	if slices.ContainsFunc(times, func(at time.Time) bool { return at.IsZero() || !at.Equal(times[0]) }) {
		t.Errorf("they do not: %v", times)
	}
}

func TestStoresThatDoNotOpen(t *testing.T) {
	for name, test := range map[string]struct {
		record store.Record
		want   error
	}{
		"moved away":            {mark{State: moved, At: noon}.record(0), ErrMoved},
		"half an import":        {mark{State: filling, At: noon}.record(0), ErrHalf},
		"a state of the future": {mark{State: "pending"}.record(0), errMark},
		"no state":              {mark{}.record(0), errMark},
		"opened, never":         {mark{State: opened}.record(0), errMark},
		"no mark in the record": {store.Record{Kind: store.Secrets, Key: markKey, Body: []byte(`[]`)}, nil},
	} {
		s := newStore(t)
		commit(t, s, store.Creating(test.record))
		restored, err := Admit(t.Context(), s, noon)
		if err == nil || !restored.IsZero() || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%s: %s, %v", name, restored, err)
		}
		if r, err := s.Get(t.Context(), store.Secrets, markKey); err != nil || r.Version != 1 {
			t.Errorf("%s: the mark was changed: version %d, %v", name, r.Version, err)
		}
	}
}

func TestAnOutageIsNoMark(t *testing.T) {
	s := newStore(t)
	commit(t, s, store.Creating(CopyMark(noon)))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Admit(t.Context(), s, noon); !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("Admit: %v", err)
	}
	if err := CheckWhole(t.Context(), s); !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("CheckWhole: %v", err)
	}
}

func TestHalfAStoreIsNotCarried(t *testing.T) {
	for _, m := range []mark{{State: moved}, {State: copied}, {State: opened, Restored: noon}} {
		s := newStore(t)
		commit(t, s, m.change(0))
		if err := CheckWhole(t.Context(), s); err != nil {
			t.Errorf("%s: %v", m.State, err)
		}
	}
	s := newStore(t)
	if err := CheckWhole(t.Context(), s); err != nil {
		t.Errorf("no mark: %v", err)
	}
	commit(t, s, mark{State: filling}.change(0))
	if err := CheckWhole(t.Context(), s); !errors.Is(err, ErrHalf) {
		t.Errorf("filling: %v", err)
	}
}

// What is used up, ended or withdrawn day by day is not in a copy, whatever kinds are to come.
func TestACopyHoldsWhatLasts(t *testing.T) {
	want := []store.Kind{store.Accounts, store.Clients, store.Keys, store.Secrets}
	if got := Lasting(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestWhoComesBackIsToldWhatBecameOfTheStore: what a program remembers is good for the store that it was admitted to.
func TestWhoComesBackIsToldWhatBecameOfTheStore(t *testing.T) {
	never, then := time.Time{}, noon.Truncate(time.Millisecond)
	for name, test := range map[string]struct {
		mark *mark
		knew *time.Time // nil before it was admitted
		want error
	}{
		"at first, no mark":         {},
		"at first, a copy":          {mark: &mark{State: copied}},
		"at first, an opened copy":  {mark: &mark{State: opened, Restored: then}},
		"at first, moved":           {mark: &mark{State: moved}, want: ErrMoved},
		"the same":                  {knew: &never},
		"the same copy":             {mark: &mark{State: opened, Restored: then}, knew: &then},
		"moved":                     {mark: &mark{State: moved}, knew: &never, want: ErrMoved},
		"moved, which was a copy":   {mark: &mark{State: moved, Restored: then}, knew: &then, want: ErrMoved},
		"half an import":            {mark: &mark{State: filling}, knew: &never, want: ErrHalf},
		"a state of the future":     {mark: &mark{State: "pending"}, knew: &never, want: errMark},
		"a copy that nobody opened": {mark: &mark{State: copied}, knew: &never, want: errReplaced},
		"a copy that others opened": {mark: &mark{State: opened, Restored: then}, knew: &never, want: errReplaced},
		"another copy":              {mark: &mark{State: opened, Restored: then.Add(time.Second)}, knew: &then, want: errReplaced},
		"no copy any more":          {knew: &then, want: errReplaced},
	} {
		s := newStore(t)
		if test.mark != nil {
			commit(t, s, test.mark.change(0))
		}
		if err := CheckServed(t.Context(), s, test.knew); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	s := newStore(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := CheckServed(t.Context(), s, &never); !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("an outage: %v", err)
	}
}
