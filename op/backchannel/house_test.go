package backchannel

import (
	"context"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

const (
	issuer = "https://id.example.com"
	cookie = "__Host-gatehouse-main-session"
)

// house is a provider's sessions, a worker that the test turns by hand, and receivers on loopback.
type house struct {
	*Worker
	t       *testing.T
	ring    *keys.Ring
	keySets *client.KeySets
	logged  *observer.ObservedLogs
	mu      sync.Mutex
	clock   time.Time
}

// newHouse makes one with these clients; wrap stands before its store.
func newHouse(t *testing.T, wrap func(store.Store) store.Store, clients ...*client.Client) *house {
	t.Helper()
	h := &house{t: t, clock: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	var s store.Store = memory.New(h.now)
	secrets, err := keys.OpenSecrets(t.Context(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if h.ring, err = keys.OpenRing(t.Context(), s, secrets, h.now); err != nil {
		t.Fatal(err)
	}
	every := keys.Policy{Algs: []string{keys.RS256, keys.ES256}, RotateEvery: 400 * time.Hour, PublishAhead: time.Hour, KeepFor: time.Hour}
	if err := h.ring.Ensure(t.Context(), every); err != nil {
		t.Fatal(err)
	}
	if wrap != nil {
		s = wrap(s)
	}
	core, logged := observer.New(zap.DebugLevel)
	h.logged = logged
	out := fetch.New(policy(t))
	h.keySets = client.NewKeySets(out, h.now)
	bell := &Bell{}
	h.Worker = New(Deps{
		Store: s, Sessions: session.New(s, cookie, session.Life{Idle: time.Hour, Max: 24 * time.Hour, Keep: 24 * time.Hour}, h.now),
		Clients: client.NewRegistry(s, clients), Protector: client.NewProtector(h.ring, h.keySets), Fetch: out, Bell: bell,
		Issuer: issuer, Now: h.now, Log: zap.New(core),
	})
	h.Sessions.OnEnd(bell.Ring)
	return h
}

// policy lets loopback be reached and the servers of httptest be trusted.
func policy(t *testing.T) fetch.Policy {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return fetch.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Roots: roots}
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

// signIn begins a session that these clients join.
func (h *house) signIn(account string, clients ...string) *session.Session {
	h.t.Helper()
	r := httptest.NewRequest(http.MethodPost, issuer+"/login", nil)
	sess, err := h.Sessions.SignIn(h.t.Context(), httptest.NewRecorder(), r, account, "", "pwd", nil)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, id := range clients {
		h.join(sess, id)
	}
	return sess
}

// join has a client join, and gives its name for the session.
func (h *house) join(sess *session.Session, id string) (sid string) {
	h.t.Helper()
	sid, changes, err := h.Sessions.Join(h.t.Context(), sess, id, sess.Account+" at "+id)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.Store.Commit(h.t.Context(), changes...); err != nil {
		h.t.Fatal(err)
	}
	return sid
}

func (h *house) end(sess *session.Session) {
	h.t.Helper()
	if err := h.Sessions.End(h.t.Context(), sess.ID); err != nil {
		h.t.Fatal(err)
	}
}

// turn makes one round, and waits for what it has sent.
func (h *house) turn() time.Duration {
	h.t.Helper()
	wait, err := h.round(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	h.sending.Wait()
	return wait
}

// waiting are the records of the queue.
func (h *house) waiting() []store.Record {
	h.t.Helper()
	records, _, err := store.All(context.Background(), h.Store, store.LogoutDeliveries, store.Filter{}, 10_000)
	if err != nil {
		h.t.Fatal(err)
	}
	return records
}

// receiver is where a client hears of ended sessions.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	tokens []string
}

// hear starts one that answers by answer, or with 200.
func hear(t *testing.T, answer http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		token, found := strings.CutPrefix(string(body), "logout_token=")
		if !found || q.Method != http.MethodPost {
			t.Errorf("%s %q", q.Method, body)
		}
		r.mu.Lock()
		r.tokens = append(r.tokens, token)
		r.mu.Unlock()
		if answer != nil {
			answer(w, q)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

// heard are the tokens so far.
func (r *receiver) heard() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.tokens...)
}

// client is one that hears there.
func (r *receiver) client(id string) *client.Client {
	return &client.Client{ID: id, BackchannelLogoutURI: r.URL + "/logout?of=" + id}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}
