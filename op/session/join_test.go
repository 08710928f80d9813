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
	sid, changes, err := h.Join(h.t.Context(), sess, clientID)
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
	_, first, err1 := h.Join(t.Context(), sess, "web")
	_, second, err2 := h.Join(t.Context(), sess, "web")
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
