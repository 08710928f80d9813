package keys

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func states(r *Ring) []State {
	var states []State
	for _, k := range r.List() {
		states = append(states, k.State)
	}
	slices.Sort(states)
	return states
}

func TestMust044_ListTellsTheStateOfEveryKey(t *testing.T) {
	c := newClock()
	r := newRing(t, c, ES256)
	p := daily(ES256)
	start := c.now()
	first := r.List()
	want := []Key{{ID: kids(published(t, r))[0], Alg: ES256, State: StateActive, SignsFrom: start}}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Fatal(diff)
	}
	if err := r.RotateNow(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	change := start.Add(p.PublishAhead)
	for _, step := range []struct {
		after time.Duration
		want  []State
	}{
		{0, []State{StateActive, StateNext}},
		{p.PublishAhead, []State{StateActive, StateLast}},
		{p.PublishAhead + p.KeepFor, []State{StateActive, StateHint}},
		{p.PublishAhead + p.KeepFor + hintFor, []State{StateActive}},
	} {
		c.ns.Store(start.Add(step.after).UnixNano())
		if diff := cmp.Diff(step.want, states(r)); diff != "" {
			t.Errorf("after %s: %s", step.after, diff)
		}
	}
	c.ns.Store(start.UnixNano())
	for _, k := range r.List() {
		if k.State == StateNext && !k.SignsFrom.Equal(change) || k.State == StateActive && !k.SignsUntil.Equal(change) {
			t.Errorf("they do not change over at %s: %+v", change, k)
		}
	}
}

func TestListForgetsARemovedKeyAtOnce(t *testing.T) {
	c := newClock()
	r := newRing(t, c, ES256)
	removed := r.List()[0].ID
	if err := r.Remove(t.Context(), removed); err != nil {
		t.Fatal(err)
	}
	left := r.List()
	if len(left) != 1 || left[0].ID == removed || left[0].State != StateActive {
		t.Errorf("%+v", left)
	}
}
