package session_test

import (
	"errors"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

func (h *house) cutOff(account string) {
	h.t.Helper()
	if err := h.CutOff(h.t.Context(), account); err != nil {
		h.t.Fatal(err)
	}
}

func TestMust065_CutOffEndsEverySessionOfTheAccountInOneWrite(t *testing.T) {
	counting := &countingStore{}
	h := newHouse(t, func(s store.Store) store.Store { counting.Store = s; return counting })
	phone, laptop, hers := &browser{}, &browser{}, &browser{}
	h.signIn(phone, "diana", "s1")
	first := h.signIn(laptop, "diana", "s1")
	h.signIn(hers, "babs", "s1")
	for range 3 { // more than once is as good as once
		before := counting.commits
		h.cutOff("diana")
		if counting.commits != before+1 {
			t.Errorf("%d commits", counting.commits-before)
		}
	}
	h.wantNone(phone, "signed out everywhere")
	h.wantNone(laptop, "signed out everywhere")
	h.current(hers)

	second := h.signIn(laptop, "diana", "s1")
	if second.ID == first.ID {
		t.Error("a session that was cut off came back")
	}
	h.current(laptop)
	h.wantNone(phone, "still signed out")
	if n, err := h.CutOffs(t.Context(), "diana"); n != 3 || err != nil || second.CutOffs != n {
		t.Errorf("%d cut-offs, %v; the session has %d", n, err, second.CutOffs)
	}
}

// The record is what ends the sessions: it must not go before them, and not with the clock either.
func TestCutOffStaysAndNeedsNoClock(t *testing.T) {
	h, b := newHouse(t), &browser{}
	h.wait(time.Hour)
	h.signIn(b, "diana", "s1")
	h.wait(-time.Hour) // the clock of another node
	h.cutOff("diana")
	h.wantNone(b, "begun in the future, as that node sees it")
	record, err := h.store.Get(t.Context(), store.Accounts, "diana")
	if err != nil || !record.ExpiresAt.IsZero() || record.Subject != "diana" {
		t.Errorf("%+v, %v", record, err)
	}
	h.signIn(b, "diana", "s1")
	h.current(b) // at the very moment of the cut-off
}

func TestASignInThatACutOffOvertakesIsOver(t *testing.T) {
	overtaking := &overtakingStore{}
	h, b := newHouse(t, func(s store.Store) store.Store { overtaking.Store = s; return overtaking }), &browser{}
	overtaking.before = func() { h.cutOff("diana") }
	h.signIn(b, "diana", "s1")
	h.wantNone(b, "the count was read before the cut-off")
}

func TestConcurrentCutOffsAllCount(t *testing.T) {
	h := newHouse(t)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() { h.cutOff("diana") })
	}
	all.Wait()
	if n, err := h.CutOffs(t.Context(), "diana"); n != 6 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

func TestThreat022_ACutOffThatIsNotStoredIsAnError(t *testing.T) {
	broken := &brokenStore{}
	h, b := newHouse(t, func(s store.Store) store.Store { broken.Store = s; return broken }), &browser{}
	h.signIn(b, "diana", "s1")
	broken.err = oauth.ErrUnavailable
	if err := h.CutOff(t.Context(), "diana"); !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("err = %v", err)
	}
	if _, err := h.CutOffs(t.Context(), "diana"); !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("err = %v", err)
	}
	broken.err = nil
	h.current(b)
}

func TestAnAccountRecordThatCannotBeReadIsNoAnswer(t *testing.T) {
	h, b := newHouse(t), &browser{}
	h.signIn(b, "diana", "s1")
	broken := store.Record{Kind: store.Accounts, Key: "diana", Body: []byte(`{"cut_offs":"many"}`)}
	if err := h.store.Commit(t.Context(), store.Creating(broken)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Current(t.Context(), b.request()); err == nil || errors.Is(err, session.ErrNone) {
		t.Errorf("Current: %v", err)
	}
	if _, _, err := h.List(t.Context(), "diana"); err == nil {
		t.Error("List answers")
	}
	if _, err := h.SignIn(t.Context(), httptest.NewRecorder(), b.request(), "diana", "s1", "pwd", nil); err == nil {
		t.Error("SignIn answers")
	}
}
