package session_test

import (
	"errors"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/session"
)

func TestPresentedIsWhoWasSignedInLast(t *testing.T) {
	h, b := newHouse(t), &browser{}
	if _, err := h.Presented(t.Context(), b.request()); !errors.Is(err, session.ErrNone) {
		t.Errorf("err = %v without a cookie", err)
	}
	sess := h.signIn(b, "diana", "s1")
	h.wait(2 * life.Idle)
	h.wantNone(b, "idle")
	got, err := h.Presented(t.Context(), b.request())
	if err != nil || got.ID != sess.ID || got.Ended() {
		t.Errorf("%+v, %v", got, err)
	}
	b.cookie.Value += "x"
	if _, err := h.Presented(t.Context(), b.request()); !errors.Is(err, session.ErrNone) {
		t.Errorf("err = %v for another secret", err)
	}
}

// Idle time and age end a sign-in, and leave something to end; what was ended on purpose leaves nothing.
func TestUnendedIsWhatCanStillBeEnded(t *testing.T) {
	for name, tt := range map[string]struct {
		then   func(h *house, id string) error
		lapsed bool
		none   bool
	}{
		"just begun": {then: func(*house, string) error { return nil }},
		"idle":       {then: func(h *house, _ string) error { h.wait(life.Idle); return nil }, lapsed: true},
		"too old":    {then: func(h *house, _ string) error { h.wait(life.Max); return nil }, lapsed: true},
		"ended":      {then: func(h *house, id string) error { return h.End(t.Context(), id) }, none: true},
		"cut off":    {then: func(h *house, _ string) error { return h.CutOff(t.Context(), "diana") }, none: true},
	} {
		h, b := newHouse(t), &browser{}
		sess := h.signIn(b, "diana", "s1")
		if err := tt.then(h, sess.ID); err != nil {
			t.Fatal(err)
		}
		got, err := h.Unended(t.Context(), b.request())
		switch {
		case tt.none:
			if !errors.Is(err, session.ErrNone) {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		case err != nil || got.ID != sess.ID || h.Lapsed(got) != tt.lapsed:
			t.Errorf("%s: %+v, %v; want lapsed %t", name, got, err, tt.lapsed)
		}
	}
	if _, err := newHouse(t).Unended(t.Context(), (&browser{}).request()); !errors.Is(err, session.ErrNone) {
		t.Errorf("err = %v without a cookie", err)
	}
}
