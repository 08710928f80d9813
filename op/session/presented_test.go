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
