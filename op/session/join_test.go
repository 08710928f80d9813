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

func (h *house) join(sess *session.Session, clientID string) string {
	h.t.Helper()
	sid, changes, err := h.Join(h.t.Context(), sess, clientID, "sub of "+sess.Account)
	if err != nil {
		h.t.Fatal(err)
	}
	if len(changes) > 0 {
		if err := h.store.Commit(h.t.Context(), changes...); err != nil {
			h.t.Fatal(err)
		}
	}
	return sid
}

func TestSidIsStableAndOfOneClient(t *testing.T) {
	h, b := newHouse(t), &browser{}
	sess := h.signIn(b, "diana", "s1")
	web, cli := h.join(sess, "web"), h.join(sess, "cli")
	if web == "" || web == cli {
		t.Errorf("sid of web %q and of cli %q: want two", web, cli)
	}
	h.wait(time.Hour)
	sess = h.signIn(b, "diana", "s1")
	if again := h.join(sess, "web"); again != web {
		t.Errorf("sid = %q after a new sign-in, was %q", again, web)
	}
	other := h.signIn(&browser{}, "diana", "s1")
	if elsewhere := h.join(other, "web"); elsewhere == web {
		t.Error("two sessions share a sid")
	}
	if web == sess.ID || cli == sess.ID {
		t.Error("a sid tells the session's ID")
	}
}

func TestClientNamesCannotRunTogether(t *testing.T) {
	h := newHouse(t)
	sess := h.signIn(&browser{}, "diana", "s1")
	seen := map[string]string{}
	for _, id := range []string{"a", "a.b", ".a", "a.", "https://a.example/b", "a/b"} {
		sid := h.join(sess, id)
		if before, taken := seen[sid]; taken {
			t.Errorf("clients %q and %q share a sid", before, id)
		}
		seen[sid] = id
	}
}

func TestJoinRaceHasOneWinner(t *testing.T) {
	h := newHouse(t)
	sess := h.signIn(&browser{}, "diana", "s1")
	_, first, err1 := h.Join(t.Context(), sess, "web", "sub")
	_, second, err2 := h.Join(t.Context(), sess, "web", "sub")
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if err := h.store.Commit(t.Context(), first...); err != nil {
		t.Fatal(err)
	}
	if err := h.store.Commit(t.Context(), second...); !errors.Is(err, store.ErrExists) {
		t.Fatalf("err = %v, want ErrExists", err)
	}
}

func TestConcurrentVisitsSignInsAndEnd(t *testing.T) {
	h, b := newHouse(t), &browser{}
	sess := h.signIn(b, "diana", "s1")
	h.wait(life.Idle / 5)
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			switch i % 8 {
			case 0:
				err := h.End(t.Context(), sess.ID)
				if err != nil && !errors.Is(err, oauth.ErrUnavailable) {
					t.Errorf("End: %v", err)
				}
			case 1:
				_, err := h.SignIn(t.Context(), httptest.NewRecorder(), b.request(), "diana", "s1", "pwd", nil)
				if err != nil && !errors.Is(err, oauth.ErrUnavailable) {
					t.Errorf("SignIn: %v", err)
				}
			default:
				if _, err := h.Current(t.Context(), b.request()); err != nil && !errors.Is(err, session.ErrNone) {
					t.Errorf("Current: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if err := h.End(t.Context(), sess.ID); err != nil {
		t.Fatal(err)
	}
	h.wantNone(b, "ended")
	ended, err := h.Get(t.Context(), sess.ID)
	if err != nil || !ended.Ended() {
		t.Errorf("the session = %+v, %v; want it to stay ended", ended, err)
	}
}

// joining are the changes of one more client.
func (h *house) joining(sess *session.Session, clientID, subject string) []store.Change {
	h.t.Helper()
	_, changes, err := h.Join(h.t.Context(), sess, clientID, subject)
	if err != nil || len(changes) == 0 {
		h.t.Fatalf("%v, %v", changes, err)
	}
	return changes
}

// A client that joined while the session ended would be told neither then nor ever.
func TestMust062_NobodyJoinsWhileTheSessionEnds(t *testing.T) {
	for name, end := range map[string]func(h *house, b *browser, sess *session.Session) error{
		"signed out":     func(h *house, _ *browser, sess *session.Session) error { return h.End(h.t.Context(), sess.ID) },
		"everywhere":     func(h *house, _ *browser, _ *session.Session) error { return h.CutOff(h.t.Context(), "diana") },
		"another person": func(h *house, b *browser, _ *session.Session) error { h.signIn(b, "babs", "s1"); return nil },
	} {
		for before, clients := range map[string][]string{"the first client": nil, "one more": {"cli"}, "one that joined before": {"web"}} {
			h, b := newHouse(t), &browser{}
			sess := h.signIn(b, "diana", "s1")
			for _, id := range clients {
				h.join(sess, id)
			}
			changes := h.joining(sess, "web", "sub of diana")
			if err := end(h, b, sess); err != nil {
				t.Fatal(err)
			}
			if err := h.store.Commit(t.Context(), changes...); !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrExists) {
				t.Errorf("%s, %s: %v", name, before, err)
			}
			if _, _, err := h.Join(t.Context(), sess, "web", "sub"); !errors.Is(err, session.ErrNone) {
				t.Errorf("%s, %s: joining again: %v", name, before, err)
			}
		}
	}
}

func TestASessionThatWasSeenSinceIsJoinedAtTheNextTry(t *testing.T) {
	h, b := newHouse(t), &browser{}
	sess := h.signIn(b, "diana", "s1")
	changes := h.joining(sess, "web", "sub")
	h.wait(life.Idle / 2)
	h.current(b)
	if err := h.store.Commit(t.Context(), changes...); !errors.Is(err, store.ErrConflict) {
		t.Fatal(err)
	}
	h.join(sess, "web") // with the session as it was read before
}

func TestTheNameOfTheSessionStaysWhenTheSubjectChanges(t *testing.T) {
	h := newHouse(t)
	sess := h.signIn(&browser{}, "diana", "s1")
	// As an earlier version put it.
	old := store.Record{
		Kind: store.SessionClients, Key: sess.ID + ".web", SessionID: sess.ID, Subject: "diana", ClientID: "web", Body: []byte(`{"sid":"s"}`),
	}
	if err := h.store.Commit(t.Context(), store.Creating(old)); err != nil {
		t.Fatal(err)
	}
	told := func() session.Member {
		t.Helper()
		members, _, err := h.Members(t.Context(), session.Ended{SessionID: sess.ID}, 10)
		if err != nil || len(members) != 1 {
			t.Fatalf("%v, %v", members, err)
		}
		return members[0]
	}
	if got := told(); got.SID != "s" || got.Subject != "" || got.ClientID != "web" {
		t.Errorf("%+v", got)
	}
	for range 2 {
		if sid := h.join(sess, "web"); sid != "s" {
			t.Errorf("sid %q", sid)
		}
	}
	if got := told(); got.SID != "s" || got.Subject != "sub of diana" {
		t.Errorf("%+v", got)
	}
}
