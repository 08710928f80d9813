package session_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

const cookieName = "__Host-gatehouse-main-session"

var life = session.Life{Idle: 12 * time.Hour, Max: 7 * 24 * time.Hour, Keep: 30 * 24 * time.Hour}

// house is one provider's sessions with a clock that the test turns.
type house struct {
	*session.Sessions
	t     *testing.T
	store store.Store
	clock time.Time
	mu    sync.Mutex
}

func newHouse(t *testing.T, wrap ...func(store.Store) store.Store) *house {
	t.Helper()
	h := &house{t: t, clock: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	h.store = memory.New(h.now)
	for _, w := range wrap {
		h.store = w(h.store)
	}
	h.Sessions = session.New(h.store, cookieName, life, h.now)
	return h
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.clock
}

func (h *house) wait(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock = h.clock.Add(d)
}

// browser keeps the one cookie a browser would.
type browser struct{ cookie *http.Cookie }

func (b *browser) request() *http.Request {
	r := httptest.NewRequest(http.MethodGet, "https://id.example.com/authorize", nil)
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	return r
}

func (b *browser) take(w *httptest.ResponseRecorder) {
	for _, c := range w.Result().Cookies() {
		if c.Name == cookieName {
			b.cookie = c
		}
	}
}

func (h *house) signIn(b *browser, account, stamp string) *session.Session {
	h.t.Helper()
	w := httptest.NewRecorder()
	sess, err := h.SignIn(h.t.Context(), w, b.request(), account, stamp, "pwd", []string{"pwd"})
	if err != nil {
		h.t.Fatalf("SignIn: %v", err)
	}
	b.take(w)
	return sess
}

func (h *house) current(b *browser) *session.Session {
	h.t.Helper()
	sess, err := h.Current(h.t.Context(), b.request())
	if err != nil {
		h.t.Fatalf("Current: %v", err)
	}
	return sess
}

func (h *house) wantNone(b *browser, why string) {
	h.t.Helper()
	if sess, err := h.Current(h.t.Context(), b.request()); !errors.Is(err, session.ErrNone) || sess != nil {
		h.t.Fatalf("%s: Current = %v, %v; want ErrNone", why, sess, err)
	}
}

func TestSignInIsCurrent(t *testing.T) {
	h, b := newHouse(t), &browser{}
	h.wantNone(b, "no cookie")
	made := h.signIn(b, "diana", "s1")
	got := h.current(b)
	if got.ID != made.ID || got.Account != "diana" || got.UserStamp != "s1" || got.ACR != "pwd" || !got.AuthTime.Equal(h.clock) {
		t.Fatalf("Current = %+v, want what SignIn made: %+v", got, made)
	}
	if c := b.cookie; !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode {
		t.Errorf("TestThreat097: cookie attributes: %+v", c)
	}
}

func TestTheStoreHoldsNoSecret(t *testing.T) {
	h, b := newHouse(t), &browser{}
	made := h.signIn(b, "diana", "s1")
	_, secret, _ := strings.Cut(b.cookie.Value, ".")
	record, err := h.store.Get(t.Context(), store.Sessions, made.ID)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(record.Body), secret) || strings.Contains(record.Key, secret) {
		t.Error("the cookie's secret is at rest")
	}
	if record.Subject != "diana" || record.SessionID != made.ID {
		t.Errorf("columns = %+v", record)
	}
	if want := h.clock.Add(life.Max + life.Keep); !record.ExpiresAt.Equal(want) {
		t.Errorf("ExpiresAt = %v, want %v: it must outlive every grant", record.ExpiresAt, want)
	}
}

func TestCookiesThatAreNotOurs(t *testing.T) {
	h, b := newHouse(t), &browser{}
	h.signIn(b, "diana", "s1")
	good := b.cookie.Value
	id, secret, _ := strings.Cut(good, ".")
	for name, value := range map[string]string{
		"empty": "", "no secret": id + ".", "no id": "." + secret, "no dot": id + secret,
		"other secret": id + "." + strings.Repeat("A", len(secret)), "other id": strings.Repeat("A", len(id)) + "." + secret,
		"secret cut": good[:len(good)-1], "secret longer": good + "A", "huge": strings.Repeat("x", 1<<14) + "." + secret,
		"not an id": "!!!!!!!!!!!!!!!!!!!!!!." + secret, "swapped": secret + "." + id,
	} {
		t.Run(name, func(t *testing.T) {
			h.wantNone(&browser{cookie: &http.Cookie{Name: cookieName, Value: value}}, name)
		})
	}
	h.current(b)
}

func TestThreat097_TwoCookiesOfOneNameAreBothIgnored(t *testing.T) {
	h, b := newHouse(t), &browser{}
	h.signIn(b, "diana", "s1")
	r := b.request()
	r.AddCookie(&http.Cookie{Name: cookieName, Value: "planted.by-a-sibling"})
	if _, err := h.Current(t.Context(), r); !errors.Is(err, session.ErrNone) {
		t.Fatalf("err = %v, want ErrNone", err)
	}
}

func TestThreat081_TheCookieChangesAtEverySignIn(t *testing.T) {
	h, b := newHouse(t), &browser{}
	first := h.signIn(b, "diana", "s1")
	old := *b
	h.wait(time.Minute)
	second := h.signIn(b, "diana", "s1")
	if second.ID != first.ID || !second.CreatedAt.Equal(first.CreatedAt) {
		t.Errorf("the same account got another session: %s, then %s", first.ID, second.ID)
	}
	if !second.AuthTime.Equal(first.AuthTime.Add(time.Minute)) {
		t.Errorf("auth_time = %v, want a minute after %v", second.AuthTime, first.AuthTime)
	}
	h.wantNone(&old, "the cookie from before")
	h.current(b)
}

func TestThreat082_AnotherPersonGetsAnotherSession(t *testing.T) {
	for name, next := range map[string]struct{ account, stamp string }{
		"another account":  {"babs", "s1"},
		"another password": {"diana", "s2"},
	} {
		t.Run(name, func(t *testing.T) {
			h, b := newHouse(t), &browser{}
			first := h.signIn(b, "diana", "s1")
			old := *b
			second := h.signIn(b, next.account, next.stamp)
			if second.ID == first.ID {
				t.Fatal("two sign-ins share a session")
			}
			h.wantNone(&old, "the cookie from before")
			ended, err := h.Get(t.Context(), first.ID)
			if err != nil || !ended.Ended() {
				t.Errorf("the first session = %+v, %v; want it ended", ended, err)
			}
			if got := h.current(b); got.Account != next.account {
				t.Errorf("Account = %s", got.Account)
			}
		})
	}
}

func TestMust065_IdleAndAbsoluteLimits(t *testing.T) {
	t.Run("idle", func(t *testing.T) {
		h, b := newHouse(t), &browser{}
		h.signIn(b, "diana", "s1")
		h.wait(life.Idle - time.Second)
		h.current(b)
		h.wait(life.Idle - time.Second)
		h.current(b)
		h.wait(life.Idle)
		h.wantNone(b, "idle")
	})
	t.Run("absolute", func(t *testing.T) {
		h, b := newHouse(t), &browser{}
		h.signIn(b, "diana", "s1")
		for range 14 * 24 / 2 {
			if h.wait(time.Hour); h.clock.Sub(time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)) >= life.Max {
				break
			}
			h.current(b)
		}
		h.wantNone(b, "seven days, never idle")
	})
	t.Run("neither ends what was granted", func(t *testing.T) {
		h, b := newHouse(t), &browser{}
		sess := h.signIn(b, "diana", "s1")
		h.wait(life.Max)
		got, err := h.Get(t.Context(), sess.ID)
		if err != nil || got.Ended() {
			t.Errorf("Get = %+v, %v; want a session not ended", got, err)
		}
	})
	t.Run("a sign-in after it begins anew", func(t *testing.T) {
		h, b := newHouse(t), &browser{}
		first := h.signIn(b, "diana", "s1")
		h.wait(life.Max)
		if second := h.signIn(b, "diana", "s1"); second.ID == first.ID {
			t.Error("a session outlived its absolute limit")
		}
		h.current(b)
	})
}

func TestEnd(t *testing.T) {
	h, b := newHouse(t), &browser{}
	sess := h.signIn(b, "diana", "s1")
	for range 2 { // ending twice is no error
		if err := h.End(t.Context(), sess.ID); err != nil {
			t.Fatal(err)
		}
	}
	h.wantNone(b, "ended")
	if got, err := h.Get(t.Context(), sess.ID); err != nil || !got.Ended() {
		t.Errorf("Get = %+v, %v; want it ended but there", got, err)
	}
	if err := h.End(t.Context(), "nobody"); err != nil {
		t.Errorf("End of an unknown session: %v", err)
	}
	if again := h.signIn(b, "diana", "s1"); again.ID == sess.ID {
		t.Error("an ended session came back")
	}
}

func TestGetUnknown(t *testing.T) {
	if _, err := newHouse(t).Get(t.Context(), "nobody"); !errors.Is(err, session.ErrNone) {
		t.Fatalf("err = %v, want ErrNone", err)
	}
}

func TestForgetClearsTheCookie(t *testing.T) {
	w := httptest.NewRecorder()
	newHouse(t).Forget(w, (&browser{}).request())
	if c := w.Result().Cookies(); len(c) != 1 || c[0].Name != cookieName || c[0].MaxAge >= 0 {
		t.Errorf("cookies = %v", c)
	}
}

func TestLastSeenIsWrittenRarely(t *testing.T) {
	h, b := newHouse(t), &browser{}
	sess := h.signIn(b, "diana", "s1")
	version := func() int64 {
		record, err := h.store.Get(context.Background(), store.Sessions, sess.ID)
		if err != nil {
			t.Fatal(err)
		}
		return record.Version
	}
	before := version()
	for range 100 {
		h.current(b)
	}
	if version() != before {
		t.Error("visits within a tenth of the idle limit were written")
	}
	h.wait(life.Idle / 10)
	if got := h.current(b); !got.LastSeen.Equal(h.clock) || version() != before+1 {
		t.Errorf("LastSeen = %v, version %d; want now and %d", got.LastSeen, version(), before+1)
	}
}

func TestStoreTroubleIsNotNobody(t *testing.T) {
	broken := &brokenStore{}
	h, b := newHouse(t, func(s store.Store) store.Store { broken.Store = s; return broken }), &browser{}
	sess := h.signIn(b, "diana", "s1")
	broken.err = oauth.ErrUnavailable
	w := httptest.NewRecorder()
	_, currentErr := h.Current(t.Context(), b.request())
	_, getErr := h.Get(t.Context(), sess.ID)
	_, signInErr := h.SignIn(t.Context(), w, b.request(), "diana", "s1", "pwd", nil)
	_, _, joinErr := h.Join(t.Context(), sess, "web", "sub")
	for name, err := range map[string]error{
		"Current": currentErr, "Get": getErr, "SignIn": signInErr, "Join": joinErr, "End": h.End(t.Context(), sess.ID),
	} {
		if !errors.Is(err, oauth.ErrUnavailable) {
			t.Errorf("%s: err = %v, want it to wrap ErrUnavailable", name, err)
		}
	}
	if len(w.Result().Cookies()) != 0 {
		t.Error("a sign-in that was not stored set a cookie")
	}
}

// brokenStore fails every read and write with err while it is set.
type brokenStore struct {
	store.Store
	err error
}

func (s *brokenStore) Get(ctx context.Context, k store.Kind, key string) (store.Record, error) {
	if s.err != nil {
		return store.Record{}, s.err
	}
	return s.Store.Get(ctx, k, key)
}

func (s *brokenStore) Commit(ctx context.Context, changes ...store.Change) error {
	if s.err != nil {
		return s.err
	}
	return s.Store.Commit(ctx, changes...)
}
