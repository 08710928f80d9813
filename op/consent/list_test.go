package consent_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// give stores an approval of a client by an account.
func (h *house) give(account, clientID string) {
	h.t.Helper()
	request := asked("openid")
	request.Account, request.ClientID = account, clientID
	prev, err := h.Get(h.t.Context(), account, clientID)
	if err != nil {
		h.t.Fatal(err)
	}
	_, change := h.Remember(prev, request)
	if err := h.store.Commit(h.t.Context(), change); err != nil {
		h.t.Fatal(err)
	}
}

func TestListHasTheStandingConsentsOfTheAccount(t *testing.T) {
	h := newHouse(t)
	h.give("diana", "forgotten")
	h.clock = h.clock.Add(life)
	for _, client := range []string{"web", "withdrawn", "again"} {
		h.give("diana", client)
	}
	h.give("babs", "hers")
	for _, client := range []string{"withdrawn", "again"} {
		if _, err := h.Withdraw(t.Context(), "diana", client); err != nil {
			t.Fatal(err)
		}
	}
	h.give("diana", "again")
	standing, more, err := h.List(t.Context(), "diana")
	if err != nil || more {
		t.Fatalf("more %t, %v", more, err)
	}
	listed := map[string]bool{}
	for _, c := range standing {
		listed[c.ClientID] = c.Account == "diana" && c.Standing() && c.Scopes.Has("openid")
	}
	if len(listed) != 2 || !listed["web"] || !listed["again"] {
		t.Errorf("listed %v", listed)
	}
}

func TestListIsBoundedAndSaysSo(t *testing.T) {
	h := newHouse(t)
	var changes []store.Change
	for i := range 2001 {
		changes = append(changes, store.Creating(store.Record{
			Kind: store.Consents, Key: fmt.Sprint(i), Subject: "diana", Body: store.Body(consent.Consent{ID: fmt.Sprint(i), Account: "diana"}),
		}))
	}
	if err := h.store.Commit(t.Context(), changes...); err != nil {
		t.Fatal(err)
	}
	if standing, more, err := h.List(t.Context(), "diana"); err != nil || !more || len(standing) != 2000 {
		t.Errorf("%d, more %t, %v", len(standing), more, err)
	}
}

func TestListIsAllOrAnError(t *testing.T) {
	h := newHouse(t)
	broken := store.Record{Kind: store.Consents, Key: "x", Subject: "diana", Body: []byte(`{"scopes":1}`)}
	if err := h.store.Commit(t.Context(), store.Creating(broken)); err != nil {
		t.Fatal(err)
	}
	if standing, _, err := h.List(t.Context(), "diana"); err == nil || standing != nil {
		t.Errorf("half a record: %v, %v", standing, err)
	}
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.List(t.Context(), "diana"); !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("closed store: %v", err)
	}
}

func TestLastUseLagsAnHourAtMost(t *testing.T) {
	h := newHouse(t)
	h.approve(asked("openid"))
	for range 30 {
		h.clock = h.clock.Add(10 * time.Minute)
		if changes := h.Use(h.get()); len(changes) > 0 {
			if err := h.store.Commit(t.Context(), changes...); err != nil {
				t.Fatal(err)
			}
		}
		if used := h.get().UsedAt; h.clock.Sub(used) >= time.Hour {
			t.Fatalf("used %s ago", h.clock.Sub(used))
		}
	}
}
