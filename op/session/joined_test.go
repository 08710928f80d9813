package session_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

func (h *house) members(sess *session.Session) []session.Member {
	h.t.Helper()
	members, err := h.Members(h.t.Context(), sess.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return members
}

func TestMembersAreThoseOfTheSessionEvenWhenItHasEnded(t *testing.T) {
	h, b := newHouse(t), &browser{}
	sess := h.signIn(b, "diana", "s1")
	elsewhere := h.signIn(&browser{}, "diana", "s1")
	if got := h.members(sess); len(got) != 0 {
		t.Errorf("nobody has joined, and there are %+v", got)
	}
	want := []session.Member{{ClientID: "app", SID: h.join(sess, "app")}, {ClientID: "web", SID: h.join(sess, "web")}}
	h.join(elsewhere, "web")
	h.join(elsewhere, "cli")
	for _, ended := range []bool{false, true} {
		if diff := cmp.Diff(want, h.members(sess)); diff != "" {
			t.Errorf("ended %t: %s", ended, diff)
		}
		if err := h.End(t.Context(), sess.ID); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMembersAreBounded(t *testing.T) {
	h := newHouse(t)
	sess := h.signIn(&browser{}, "diana", "s1")
	for i := range 510 {
		h.join(sess, fmt.Sprintf("client-%03d", i))
	}
	if got := h.members(sess); len(got) != 500 || got[0].ClientID != "client-000" || got[499].ClientID != "client-499" {
		t.Errorf("%d members", len(got))
	}
}

// unlistable is a store that cannot be listed.
type unlistable struct{ store.Store }

func (unlistable) List(context.Context, store.Kind, store.Filter, string, int) ([]store.Record, error) {
	return nil, store.Unavailable("list", oauth.ErrUnavailable)
}

func TestWhoJoinedIsNotGuessed(t *testing.T) {
	h := newHouse(t, func(s store.Store) store.Store { return unlistable{s} })
	sess := h.signIn(&browser{}, "diana", "s1")
	if got, err := h.Members(t.Context(), sess.ID); !errors.Is(err, oauth.ErrUnavailable) || got != nil {
		t.Errorf("%v, %v", got, err)
	}
}

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
