package session_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// listed are the IDs of the open sessions of an account.
func (h *house) listed(account string) []string {
	h.t.Helper()
	open, more, err := h.List(h.t.Context(), account)
	if err != nil || more {
		h.t.Fatalf("more %t, %v", more, err)
	}
	var ids []string
	for _, s := range open {
		if s.Account != account {
			h.t.Errorf("a session of %s", s.Account)
		}
		ids = append(ids, s.ID)
	}
	return ids
}

func TestListHasTheOpenSessionsOfTheAccountAndNoOther(t *testing.T) {
	h := newHouse(t)
	cut := h.signIn(&browser{}, "diana", "s1")
	h.cutOff("diana")
	idle := h.signIn(&browser{}, "diana", "s1")
	h.wait(life.Idle - time.Hour)
	ended, open, other := h.signIn(&browser{}, "diana", "s1"), h.signIn(&browser{}, "diana", "s1"), h.signIn(&browser{}, "babs", "s1")
	h.wait(time.Hour)
	if err := h.End(t.Context(), ended.ID); err != nil {
		t.Fatal(err)
	}
	ids := h.listed("diana")
	if !slices.Equal(ids, []string{open.ID}) {
		t.Errorf("listed %v; cut off %s, idle %s, ended %s, open %s", ids, cut.ID, idle.ID, ended.ID, open.ID)
	}
	if ids := h.listed("babs"); !slices.Equal(ids, []string{other.ID}) {
		t.Errorf("listed %v of babs", ids)
	}
	if ids := h.listed("nobody"); len(ids) != 0 {
		t.Errorf("listed %v of nobody", ids)
	}
}

func TestListIsBoundedAndSaysSo(t *testing.T) {
	h := newHouse(t)
	var changes []store.Change
	for i := range 2001 {
		ended := session.Session{Account: "diana", CreatedAt: h.clock, LastSeen: h.clock, EndedAt: h.clock}
		changes = append(changes, store.Creating(store.Record{
			Kind: store.Sessions, Key: fmt.Sprint("ended", i), Subject: "diana", Body: store.Body(ended),
		}))
	}
	if err := h.store.Commit(t.Context(), changes...); err != nil {
		t.Fatal(err)
	}
	if open, more, err := h.List(t.Context(), "diana"); err != nil || !more || len(open) != 0 {
		t.Errorf("%d open, more %t, %v", len(open), more, err)
	}
}

func TestLastSeenLagsFiveMinutesAtMost(t *testing.T) {
	h, b := newHouse(t), &browser{}
	h.signIn(b, "diana", "s1")
	for range 30 {
		h.wait(time.Minute)
		if seen := h.current(b).LastSeen; h.clock.Sub(seen) > 5*time.Minute {
			t.Fatalf("seen %s ago", h.clock.Sub(seen))
		}
	}
}
