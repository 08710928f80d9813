package session_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// put are the records of what has ended.
func (h *house) put() []session.Ended {
	h.t.Helper()
	records, _, err := store.All(h.t.Context(), h.store, store.LogoutDeliveries, store.Filter{}, 1000)
	if err != nil {
		h.t.Fatal(err)
	}
	var all []session.Ended
	for _, record := range records {
		ended, is, err := session.ReadEnded(record)
		if err != nil || !is {
			h.t.Fatalf("%s: %t, %v", record.Key, is, err)
		}
		if want := ended.At.Add(session.TellFor); !record.ExpiresAt.Equal(want) {
			h.t.Errorf("it expires at %v, want %v", record.ExpiresAt, want)
		}
		all = append(all, ended)
	}
	return all
}

// members are the clients of what has ended, "client of session as sub by sid", page by page.
func (h *house) members(of session.Ended, limit int) []string {
	h.t.Helper()
	var all []string
	for {
		members, next, err := h.Members(h.t.Context(), of, limit)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, m := range members {
			all = append(all, fmt.Sprintf("%s of %s as %s by %s", m.ClientID, m.SessionID, m.Subject, m.SID))
		}
		if of.After = next; next == "" {
			slices.Sort(all)
			return all
		}
	}
}

func (h *house) wantMembers(of session.Ended, want ...string) {
	h.t.Helper()
	slices.Sort(want)
	for _, limit := range []int{1, 2, 100} {
		if got := h.members(of, limit); !slices.Equal(got, want) {
			h.t.Errorf("by %d: %q, want %q", limit, got, want)
		}
	}
}

func TestMust062_WhatEndsIsPutDownInTheSameCommit(t *testing.T) {
	for name, end := range map[string]func(h *house, b *browser, sess *session.Session){
		"signed out": func(h *house, _ *browser, sess *session.Session) {
			if err := h.End(h.t.Context(), sess.ID); err != nil {
				h.t.Fatal(err)
			}
		},
		"another person":       func(h *house, b *browser, _ *session.Session) { h.signIn(b, "babs", "s1") },
		"another password":     func(h *house, b *browser, _ *session.Session) { h.signIn(b, "diana", "s2") },
		"signed out of it all": func(h *house, _ *browser, _ *session.Session) { h.cutOff("diana") },
	} {
		t.Run(name, func(t *testing.T) {
			counting := &countingStore{}
			h, b, rung := newHouse(t, func(s store.Store) store.Store { counting.Store = s; return counting }), &browser{}, 0
			h.OnEnd(func() { rung++ })
			sess := h.signIn(b, "diana", "s1")
			sid := h.join(sess, "web")
			before := counting.commits
			end(h, b, sess)
			if counting.commits != before+1 || rung != 1 {
				t.Errorf("%d commits, rung %d times", counting.commits-before, rung)
			}
			all := h.put()
			if len(all) != 1 || all[0].Account != "diana" || !all[0].At.Equal(h.clock) {
				t.Fatalf("%+v", all)
			}
			h.wantMembers(all[0], "web of "+sess.ID+" as sub of diana by "+sid)
		})
	}
}

func TestNothingIsPutDownWhereNothingEnds(t *testing.T) {
	h, b := newHouse(t), &browser{}
	h.OnEnd(func() { t.Error("the bell was rung") })
	h.signIn(b, "diana", "s1")
	h.signIn(b, "diana", "s1")
	if err := h.End(t.Context(), "nobody"); err != nil {
		t.Fatal(err)
	}
	h.wait(life.Idle)
	h.wantNone(b, "idle")
	if all := h.put(); len(all) != 0 {
		t.Errorf("%+v", all)
	}
}

func TestAnEndThatIsNotStoredIsToldToNobody(t *testing.T) {
	broken := &brokenStore{}
	h, b := newHouse(t, func(s store.Store) store.Store { broken.Store = s; return broken }), &browser{}
	h.OnEnd(func() { t.Error("the bell was rung") })
	sess := h.signIn(b, "diana", "s1")
	broken.err = oauth.ErrUnavailable
	if err := h.End(t.Context(), sess.ID); !errors.Is(err, oauth.ErrUnavailable) {
		t.Error(err)
	}
	if err := h.CutOff(t.Context(), "diana"); !errors.Is(err, oauth.ErrUnavailable) {
		t.Error(err)
	}
	broken.err = nil
	if all := h.put(); len(all) != 0 {
		t.Errorf("%+v", all)
	}
}

// Those that were ended before had their notice, and those of another person have none.
func TestMembersOfACutOffAreThoseThatItEnded(t *testing.T) {
	h := newHouse(t)
	first := h.signIn(&browser{}, "diana", "s1")
	h.join(first, "web")
	h.cutOff("diana")
	second, third, ended := h.signIn(&browser{}, "diana", "s1"), h.signIn(&browser{}, "diana", "s1"), h.signIn(&browser{}, "diana", "s1")
	web, cli, app := h.join(second, "web"), h.join(second, "cli"), h.join(third, "web")
	h.join(ended, "web")
	h.join(h.signIn(&browser{}, "babs", "s1"), "web")
	if err := h.End(t.Context(), ended.ID); err != nil {
		t.Fatal(err)
	}
	h.wait(time.Minute)
	h.cutOff("diana")
	later := h.signIn(&browser{}, "diana", "s1")
	h.join(later, "web")
	for _, of := range h.put() {
		switch of.CutOffs {
		case 2:
			h.wantMembers(of,
				"web of "+second.ID+" as sub of diana by "+web, "cli of "+second.ID+" as sub of diana by "+cli, "web of "+third.ID+" as sub of diana by "+app)
		case 1:
			if got := h.members(of, 100); len(got) != 1 {
				t.Errorf("the first cut-off: %q", got)
			}
		}
	}
}

func TestGoingOnAndDoneLoseToWhoWasFaster(t *testing.T) {
	h := newHouse(t)
	sess := h.signIn(&browser{}, "diana", "s1")
	if err := h.End(t.Context(), sess.ID); err != nil {
		t.Fatal(err)
	}
	mine, theirs := h.put()[0], h.put()[0]
	theirs.After = "somewhere"
	if err := h.store.Commit(t.Context(), theirs.Going()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]store.Change{"going": mine.Going(), "done": mine.Done()} {
		if err := h.store.Commit(t.Context(), change); !errors.Is(err, store.ErrConflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	again := h.put()[0]
	if again.After != "somewhere" || again.SessionID != sess.ID || !again.At.Equal(mine.At) {
		t.Errorf("%+v", again)
	}
	if err := h.store.Commit(t.Context(), again.Done()); err != nil || len(h.put()) != 0 {
		t.Errorf("%v, %+v", err, h.put())
	}
}

func TestOtherRecordsAreNotWhatHasEnded(t *testing.T) {
	for key, body := range map[string]string{"1.00000000000000.x": `{}`, "0": `{}`, "x0.": `{}`} {
		if _, is, err := session.ReadEnded(store.Record{Key: key, Body: []byte(body)}); is || err != nil {
			t.Errorf("%s: %t, %v", key, is, err)
		}
	}
	if _, is, err := session.ReadEnded(store.Record{Key: "0.x", Body: []byte(`[]`)}); !is || err == nil {
		t.Errorf("%t, %v", is, err)
	}
}
