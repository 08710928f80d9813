package backchannel

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// hooked asks before each commit.
type hooked struct {
	store.Store
	before func(changes []store.Change) error
}

func (s *hooked) Commit(ctx context.Context, changes ...store.Change) error {
	if err := s.before(changes); err != nil {
		return err
	}
	return s.Store.Commit(ctx, changes...)
}

// jtis are those of tokens.
func jtis(t *testing.T, tokens []string) []string {
	t.Helper()
	var all []string
	for _, token := range tokens {
		_, _, jti := parts(t, token)
		all = append(all, jti)
	}
	return all
}

func TestMust062_WhatIsNotTakenIsSentAgainLaterAndLaterForADay(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"refused": status(http.StatusBadRequest), "broken": status(http.StatusInternalServerError), "accepted": status(http.StatusAccepted),
		"elsewhere": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusTemporaryRedirect) },
		"hung up":   func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		r := hear(t, answer)
		h := newHouse(t, nil, r.client("web"))
		began := h.now()
		h.end(h.signIn("diana", "web"))
		var at []time.Duration
		for heard := 0; ; {
			wait := h.turn()
			if n := len(r.heard()); n != heard {
				if n != heard+1 {
					t.Fatalf("%s: %d attempts at once", name, n-heard)
				}
				heard, at = n, append(at, h.now().Sub(began))
			}
			if len(h.waiting()) == 0 {
				break
			}
			h.wait(wait)
		}
		first := []time.Duration{0, 5 * time.Second, 35 * time.Second, 155 * time.Second, 755 * time.Second, 755*time.Second + time.Hour}
		if len(at) != 28 || !slices.Equal(at[:6], first) || at[27] >= session.TellFor || at[27] < session.TellFor-time.Hour {
			t.Errorf("%s: %d attempts at %v", name, len(at), at)
		}
		all := jtis(t, r.heard())
		slices.Sort(all)
		if len(slices.Compact(all)) != len(at) {
			t.Errorf("%s: a jti came twice", name)
		}
		last := h.logged.All()[len(at)-1]
		if last.Message != "back-channel logout: the client was never told" || last.ContextMap()["client_id"] != "web" {
			t.Errorf("%s: %v", name, last)
		}
	}
}

func TestWhatIsTakenIsSentNoMore(t *testing.T) {
	for _, code := range []int{http.StatusOK, http.StatusNoContent} {
		r := hear(t, status(code))
		h := newHouse(t, nil, r.client("web"))
		h.end(h.signIn("diana", "web"))
		h.turn()
		h.wait(2 * time.Hour)
		h.turn()
		if heard, left := len(r.heard()), len(h.waiting()); heard != 1 || left != 0 {
			t.Errorf("%d: sent %d times, %d records are left", code, heard, left)
		}
	}
}

// Two workers at one store, as during a reload or on two nodes, do not both send.
func TestMust062_OneOfManyWorkersSends(t *testing.T) {
	r := hear(t, nil)
	h := newHouse(t, nil, r.client("web"), r.client("cli"))
	workers := []*Worker{h.Worker}
	for range 3 {
		workers = append(workers, New(h.Deps))
	}
	const logouts = 12
	for range logouts {
		h.end(h.signIn("diana", "web", "cli"))
		var all sync.WaitGroup
		for _, w := range workers {
			all.Go(func() {
				if _, err := w.round(t.Context()); err != nil {
					t.Error(err)
				}
				w.sending.Wait()
			})
		}
		all.Wait()
	}
	for range perClient * 2 { // what found its lane full
		h.turn()
	}
	if heard, left := len(r.heard()), len(h.waiting()); heard != 2*logouts || left != 0 {
		t.Errorf("sent %d times, want %d; %d are left", heard, 2*logouts, left)
	}
}

// TestThreat025: whoever is killed after any commit leaves enough for the next to go on.
func TestThreat025_AWorkerThatIsKilledLosesNothing(t *testing.T) {
	killed := errors.New("killed")
	for after := range 4 {
		r := hear(t, nil)
		left := -1 // commits that are still made
		h := newHouse(t, func(s store.Store) store.Store {
			return &hooked{Store: s, before: func([]store.Change) error {
				if left == 0 {
					return killed
				}
				left--
				return nil
			}}
		}, r.client("web"))
		h.end(h.signIn("diana", "web"))
		left = after // the notice, its claim, its removal
		_, _ = h.round(t.Context())
		h.sending.Wait()
		left = -1
		h.Worker = New(h.Deps) // the next process
		h.wait(pauses[0])
		h.turn()
		heard, want := len(r.heard()), 1
		if after == 2 {
			want = 2 // sent, and nobody wrote it down
		}
		if rest := len(h.waiting()); heard != want || rest != 0 {
			t.Errorf("killed after %d commits: sent %d times, want %d; %d records are left", after, heard, want, rest)
		}
	}
}

func TestStoreTroubleIsToldAndTriedAgain(t *testing.T) {
	r := hear(t, nil)
	broken := true
	h := newHouse(t, func(s store.Store) store.Store {
		return &hooked{Store: s, before: func(changes []store.Change) error {
			if broken && changes[0].Record.Kind == store.LogoutDeliveries {
				return oauth.ErrUnavailable
			}
			return nil
		}}
	}, r.client("web"))
	h.end(h.signIn("diana", "web"))
	if wait, err := h.round(t.Context()); !errors.Is(err, oauth.ErrUnavailable) || wait != lookEvery {
		t.Errorf("%s, %v", wait, err)
	}
	broken = false
	h.turn()
	if heard := len(r.heard()); heard != 1 {
		t.Errorf("sent %d times", heard)
	}
}

// TestMust062_ADeadClientDelaysNobody: however many notices wait for one that does not answer.
func TestMust062_ADeadClientDelaysNobody(t *testing.T) {
	release := make(chan struct{})
	dead := hear(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	alive := hear(t, nil)
	h := newHouse(t, nil, dead.client("dead"), alive.client("web"))
	for range 3 * atOnce {
		h.end(h.signIn("diana", "dead"))
	}
	h.end(h.signIn("diana", "web"))
	if _, err := h.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); len(alive.heard()) == 0; time.Sleep(time.Millisecond) {
		if time.Since(began) > 2*time.Second {
			t.Fatal("the other one is not told")
		}
	}
	h.sending.Wait()
	if asked := len(dead.heard()); asked > perClient {
		t.Errorf("the dead one was asked %d times at once", asked)
	}
	// It rests: what else is due there is put off, unsent and still to be sent.
	h.turn()
	if asked, left := len(dead.heard()), len(h.waiting()); asked > perClient || left != 3*atOnce {
		t.Errorf("the dead one was asked %d times; %d notices wait", asked, left)
	}
}

func TestWhatAWorkerGivesUpAsItEndsIsNoFault(t *testing.T) {
	release := make(chan struct{})
	r := hear(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	h := newHouse(t, nil, r.client("web"))
	h.end(h.signIn("diana", "web"))
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := h.round(ctx); err != nil {
		t.Fatal(err)
	}
	for len(r.heard()) == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	h.sending.Wait()
	if logged := h.logged.All(); len(logged) != 0 {
		t.Errorf("%v", logged)
	}
	if left := h.waiting(); len(left) != 1 || left[0].ClientID != "web" {
		t.Errorf("%v", left)
	}
}

func TestANoticeThatIsPastItsDayIsGivenUpUnsent(t *testing.T) {
	r := hear(t, nil)
	h := newHouse(t, nil, r.client("web"))
	ended := session.Ended{Account: "diana", At: h.now().Add(-session.TellFor)}
	n := noticeTo(session.Member{SessionID: "x", ClientID: "web", SID: "s"}, ended, h.now())
	if err := h.Store.Commit(t.Context(), store.Creating(n.record)); err != nil {
		t.Fatal(err)
	}
	h.turn()
	if heard, left := len(r.heard()), len(h.waiting()); heard != 0 || left != 0 {
		t.Errorf("sent %d times, %d records are left", heard, left)
	}
	if logged := h.logged.All(); len(logged) != 1 || !strings.Contains(logged[0].Message, "never told") {
		t.Errorf("%v", logged)
	}
}

func TestAClientThatCannotBeEncryptedForIsNotSentTheTokenBare(t *testing.T) {
	r := hear(t, nil)
	c := r.client("web")
	c.IDToken = client.Protection{EncryptionAlg: "RSA-OAEP-256"}
	h := newHouse(t, nil, c)
	h.end(h.signIn("diana", "web"))
	h.turn()
	if heard, left := len(r.heard()), len(h.waiting()); heard != 0 || left != 1 {
		t.Errorf("sent %d times, %d records wait", heard, left)
	}
}

// A client that answers, but late, does so in the room of the doubtful: a few of them would take it all otherwise.
func TestMust062_ASlowClientIsADoubtfulOne(t *testing.T) {
	for took, want := range map[time.Duration]outcome{0: answered, goodTime: answered, goodTime + time.Millisecond: slow} {
		for _, code := range []int{http.StatusOK, http.StatusBadRequest} {
			var h *house
			r := hear(t, func(w http.ResponseWriter, _ *http.Request) {
				h.wait(took)
				w.WriteHeader(code)
			})
			h = newHouse(t, nil, r.client("web"))
			h.end(h.signIn("diana", "web"))
			h.turn()
			if remembered := h.lanes.held["web"]; (remembered != nil) != (want == slow) {
				t.Errorf("%d after %s: %+v is remembered", code, took, remembered)
			}
		}
	}
}

// TestMust062_WhatIsPutOffCostsTheOthersLittle: what waits for a client that does not answer stands before what is due
// for the others, and somebody may have made very much of it.
func TestMust062_WhatIsPutOffCostsTheOthersLittle(t *testing.T) {
	const many = 5 * page
	alive := hear(t, nil)
	var commits atomic.Int64
	h := newHouse(t, func(s store.Store) store.Store {
		return &hooked{s, func([]store.Change) error { commits.Add(1); return nil }}
	}, alive.client("dead"), alive.client("web"))
	for name, passes := range map[string]func(){
		"put off": func() { h.lanes.entered(t, "dead", false, send)(silence) },
		"too old": func() { h.wait(session.TellFor) },
	} {
		var due []store.Change
		for range many {
			m := session.Member{SessionID: "s", ClientID: "dead", SID: "sid"}
			due = append(due, store.Creating(noticeTo(m, session.Ended{At: h.now()}, h.now()).record))
		}
		if err := h.Store.Commit(t.Context(), due...); err != nil {
			t.Fatal(err)
		}
		passes()
		h.end(h.signIn("diana", "web"))
		told, before := len(alive.heard()), commits.Load()
		h.turn()
		if n := commits.Load() - before; n > 2*many/page || len(alive.heard()) != told+1 {
			t.Errorf("%s: %d commits, and the other client was told %d times", name, n, len(alive.heard())-told)
		}
		if left := len(h.waiting()); name == "put off" && left != many || name == "too old" && left != 0 {
			t.Errorf("%s: %d notices wait", name, left)
		}
		h.wait(2 * session.TellFor)
		h.turn()
	}
}
