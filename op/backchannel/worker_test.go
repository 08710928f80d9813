package backchannel

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

func TestMust062_EachClientOfTheSessionIsToldOnce(t *testing.T) {
	r := hear(t, nil)
	h := newHouse(t, nil, r.client("web"), r.client("cli"), r.client("away"))
	sess := h.signIn("diana", "cli")
	sid := h.join(sess, "web")
	h.signIn("diana", "away")
	h.end(sess)
	for i, want := range []time.Duration{pauses[0], lookEvery, lookEvery} { // at first nobody knows that it will be taken
		if wait := h.turn(); wait != want {
			t.Errorf("round %d: the next is in %s", i, wait)
		}
	}
	var told []string
	for _, token := range r.heard() {
		_, claims, _ := parts(t, token)
		told = append(told, fmt.Sprint(claims["aud"], " ", claims["sub"]))
		if claims["aud"] == "web" && claims["sid"] != sid {
			t.Errorf("sid %v, want %q", claims["sid"], sid)
		}
	}
	slices.Sort(told)
	if want := []string{"cli diana at cli", "web diana at web"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	if left := h.waiting(); len(left) != 0 {
		t.Errorf("%d records are left", len(left))
	}
}

func TestMust062_SigningOutEverywhereIsTold(t *testing.T) {
	r := hear(t, nil)
	h := newHouse(t, nil, r.client("web"), r.client("cli"))
	h.signIn("diana", "web", "cli")
	h.signIn("diana", "web")
	h.signIn("babs", "web")
	if err := h.Sessions.CutOff(t.Context(), "diana"); err != nil {
		t.Fatal(err)
	}
	h.turn()
	if heard := r.heard(); len(heard) != 3 {
		t.Errorf("told %d times, want 3", len(heard))
	}
}

// Those that joined before the sub was kept know the session by its sid.
func TestAMembershipWithoutASubjectIsToldBySID(t *testing.T) {
	r := hear(t, nil)
	h := newHouse(t, nil, r.client("web"))
	sess := h.signIn("diana")
	old := store.Record{
		Kind: store.SessionClients, Key: sess.ID + ".web", SessionID: sess.ID, Subject: "diana", ClientID: "web", Body: []byte(`{"sid":"s1"}`),
	}
	if err := h.Store.Commit(t.Context(), store.Creating(old)); err != nil {
		t.Fatal(err)
	}
	h.end(sess)
	h.turn()
	heard := r.heard()
	if len(heard) != 1 {
		t.Fatalf("told %d times", len(heard))
	}
	if _, claims, _ := parts(t, heard[0]); claims["sid"] != "s1" || claims["sub"] != nil {
		t.Errorf("%v", claims)
	}
}

// TestThreat045: where a client is told is what it registered, as it stands when it is told.
func TestThreat045_WhoIsToldIsDecidedWhenItIsTold(t *testing.T) {
	r := hear(t, status(http.StatusServiceUnavailable))
	elsewhere := hear(t, nil)
	for name, tt := range map[string]struct {
		change func(c *client.Client)
		want   int
	}{
		"disabled":        {func(c *client.Client) { c.Disabled = true }, 0},
		"hears no more":   {func(c *client.Client) { c.BackchannelLogoutURI = "" }, 0},
		"hears elsewhere": {func(c *client.Client) { c.BackchannelLogoutURI = elsewhere.URL }, 1},
	} {
		h := newHouse(t, nil, r.client("web"))
		sess := h.signIn("diana", "web")
		h.end(sess)
		h.turn()
		if left := h.waiting(); len(left) != 1 {
			t.Fatalf("%s: %d records wait", name, len(left))
		}
		changed := r.client("web")
		tt.change(changed)
		h.Clients = client.NewRegistry(h.Store, []*client.Client{changed})
		before, asked := len(elsewhere.heard()), len(r.heard())
		h.wait(time.Minute)
		h.turn()
		if told := len(elsewhere.heard()) - before; told != tt.want || len(r.heard()) != asked {
			t.Errorf("%s: told %d times", name, told)
		}
		if left := h.waiting(); len(left) != 0 {
			t.Errorf("%s: %d records are left", name, len(left))
		}
	}
}

func TestClientsThatWantToHearNothingLeaveNothing(t *testing.T) {
	r := hear(t, nil)
	disabled := r.client("off")
	disabled.Disabled = true
	h := newHouse(t, nil, &client.Client{ID: "deaf"}, disabled)
	h.end(h.signIn("diana", "deaf", "off", "gone"))
	h.turn()
	if heard, left := r.heard(), h.waiting(); len(heard) != 0 || len(left) != 0 {
		t.Errorf("told %d times, %d records are left", len(heard), len(left))
	}
}

// More clients than a page are gone through page by page, each in one commit with how far it came.
func TestManyClientsAreToldPageByPage(t *testing.T) {
	var clients []*client.Client
	var ids []string
	for i := range 2*page + 3 {
		c := &client.Client{ID: fmt.Sprintf("c%03d", i), BackchannelLogoutURI: "https://127.0.0.1:1/"}
		clients, ids = append(clients, c), append(ids, c.ID)
	}
	commits := 0
	h := newHouse(t, func(s store.Store) store.Store {
		return &hooked{Store: s, before: func(changes []store.Change) error {
			if len(changes) > page+1 {
				t.Errorf("a commit of %d changes", len(changes))
			}
			commits++
			return nil
		}}
	}, clients...)
	h.end(h.signIn("diana", ids...))
	for range 3 {
		before := commits
		if err := h.spread(t.Context(), h.first()); err != nil || commits != before+1 {
			t.Fatalf("%v, %d commits", err, commits-before)
		}
	}
	told := map[string]int{}
	for _, record := range h.waiting() {
		n, err := readNotice(record)
		if err != nil || n.SID == "" || n.Subject != "diana at "+n.ClientID {
			t.Fatalf("%+v, %v", n, err)
		}
		told[n.ClientID]++
	}
	if len(told) != len(ids) {
		t.Errorf("%d clients, want %d", len(told), len(ids))
	}
}

// first is what has ended first.
func (h *house) first() session.Ended {
	h.t.Helper()
	ended, is, err := session.ReadEnded(h.waiting()[0])
	if err != nil || !is {
		h.t.Fatal(is, err)
	}
	return ended
}

// What waits for its next attempt keeps nothing new waiting.
func TestMust062_WhatHasEndedNowIsToldBeforeWhatIsDueLater(t *testing.T) {
	refusing, r := hear(t, status(http.StatusBadRequest)), hear(t, nil)
	h := newHouse(t, nil, refusing.client("bad"), r.client("web"))
	h.end(h.signIn("diana", "bad"))
	h.turn()
	for n := range 3 {
		h.end(h.signIn("diana", "web"))
		if h.turn(); len(r.heard()) != n+1 {
			t.Errorf("told %d times after %d logouts", len(r.heard()), n+1)
		}
	}
	if len(refusing.heard()) != 1 {
		t.Errorf("the other one was told %d times before its time", len(refusing.heard()))
	}
}

// One bad record must not keep the others from being told.
func TestARecordThatCannotBeReadHoldsUpNobody(t *testing.T) {
	r := hear(t, nil)
	h := newHouse(t, nil, r.client("web"))
	for _, key := range []string{"0.bad", "0.worse", "1.00000000000000.bad", "1.x", "2"} {
		bad := store.Record{Kind: store.LogoutDeliveries, Key: key, Body: []byte(`[]`)}
		if err := h.Store.Commit(t.Context(), store.Creating(bad)); err != nil {
			t.Fatal(err)
		}
	}
	h.end(h.signIn("diana", "web"))
	if _, err := h.round(t.Context()); err == nil {
		t.Error("nobody hears of it")
	}
	h.sending.Wait()
	if heard := r.heard(); len(heard) != 1 {
		t.Errorf("told %d times", len(heard))
	}
}

func TestAWorkerHearsTheBellAndLeavesNothingBehind(t *testing.T) {
	r := hear(t, nil)
	h := newHouse(t, nil, r.client("web"))
	h.end(h.signIn("diana", "web")) // before it began
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); h.Run(ctx) }()
	until := func(n int) {
		t.Helper()
		for began := time.Now(); len(r.heard()) < n || len(h.waiting()) > 0; time.Sleep(time.Millisecond) {
			if time.Since(began) > lookEvery-time.Second {
				t.Fatalf("told %d times, want %d", len(r.heard()), n)
			}
		}
	}
	until(1)
	for n := range 3 {
		h.end(h.signIn("diana", "web"))
		until(n + 2)
	}
	cancel()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it does not end")
	}
	if len(h.Bell.listeners) != 0 {
		t.Error("it still listens")
	}
	h.Bell.Ring() // nobody is there
}

func TestTheLogNamesNoToken(t *testing.T) {
	for name, answer := range map[string]int{"refused": http.StatusBadRequest, "broken": http.StatusInternalServerError} {
		r := hear(t, status(answer))
		h := newHouse(t, nil, r.client("web"))
		h.end(h.signIn("diana", "web"))
		h.turn()
		entries := h.logged.All()
		if len(entries) != 1 || entries[0].ContextMap()["client_id"] != "web" {
			t.Fatalf("%s: %v", name, entries)
		}
		cause, _ := entries[0].ContextMap()["error"].(string)
		if !strings.Contains(cause, fmt.Sprint(answer)) || strings.Contains(fmt.Sprint(entries[0]), r.heard()[0][:40]) {
			t.Errorf("%s: %v", name, entries[0])
		}
	}
}
