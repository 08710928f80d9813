package signin

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/frontchannel"
	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
	"github.com/seed-5b16f944/gatehouse/op/user"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

const (
	issuer        = "https://id.example.com"
	sessionCookie = "__Host-gatehouse-main-session"
	browserCookie = "__Host-gatehouse-main-browser"
	dianasSecret  = "krall-f3a9"
)

// house is a sign-in over real rooms, with a clock and a hasher of the test's own.
type house struct {
	t      *testing.T
	clock  atomic.Int64
	hashes *countingHasher
	store  *faultyStore
	log    bytes.Buffer
	users  []*user.User
	SignIn *SignIn
	// clients are those that may have joined a session; a change counts after build.
	clients []*client.Client
}

// webShop is who people sign in for.
var webShop = client.Introduction{Name: "Web shop", RedirectHost: "shop.example.com"}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, hashes: &countingHasher{}}
	h.clock.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano())
	h.users = []*user.User{
		{Name: "diana", PasswordHash: "hash:" + dianasSecret, Claims: map[string]any{"name": "Diana Krall"}},
		{Name: "babs", PasswordHash: "hash:howes"},
		{Name: "upper", PasswordHash: "hash:crust", Disabled: true},
	}
	h.store = &faultyStore{Store: memory.New(h.now)}
	h.SignIn = h.build()
	return h
}

// build makes a sign-in over the house's store and throttle as a reload of the configuration would.
func (h *house) build() *SignIn {
	h.t.Helper()
	users, err := user.NewDirectory(h.users, "", h.hashes, h.now)
	if err != nil {
		h.t.Fatal(err)
	}
	secrets, err := keys.OpenSecrets(context.Background(), h.store, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	pages, err := web.NewPages(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	counts := throttle.NewJoint("login", throttle.New(h.now, 10000), nil)
	if h.SignIn != nil {
		counts = h.SignIn.Throttle
	}
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.Lock(zapcore.AddSync(&h.log)), zap.DebugLevel)
	respond := web.NewResponder(zap.New(core), pages)
	sealer := interaction.New(secrets, issuer, browserCookie, 30*time.Minute, h.now)
	sessions := session.New(h.store, sessionCookie, session.Life{
		Idle: 12 * time.Hour, Max: 7 * 24 * time.Hour, Keep: 30 * 24 * time.Hour,
	}, h.now)
	return New(Deps{
		Users: users, Sessions: sessions, Interactions: sealer, Throttle: counts, Respond: respond, Issuer: issuer,
		FrontChannel: frontchannel.New(frontchannel.Deps{
			Issuer: issuer, Clients: client.NewRegistry(h.store, h.clients), Sessions: sessions, Interactions: sealer, Respond: respond, Now: h.now,
		}),
		Policy: Policy{Attempts: 5, Window: 15 * time.Minute},
	})
}

func (h *house) now() time.Time           { return time.Unix(0, h.clock.Load()).UTC() }
func (h *house) advance(by time.Duration) { h.clock.Add(int64(by)) }
func (h *house) pending(t *testing.T) (i interaction.Interaction) {
	t.Helper()
	request, err := json.Marshal(map[string]string{"client_id": "web"})
	if err != nil {
		t.Fatal(err)
	}
	return h.SignIn.Interactions.Receive(interaction.NextAuthorize, request)
}

// countingHasher takes "hash:<password>" for the hash of a password.
type countingHasher struct {
	compared atomic.Int64
	hold     chan struct{}
}

func (c *countingHasher) Compare(hash, password []byte) (bool, error) {
	c.compared.Add(1)
	if c.hold != nil {
		<-c.hold
	}
	return string(hash) == "hash:"+string(password), nil
}

func (c *countingHasher) FakeHash() []byte { return []byte("hash:\x00") }

// faultyStore answers with err once it is set.
type faultyStore struct {
	store.Store
	err error
}

func (f *faultyStore) Get(ctx context.Context, k store.Kind, key string) (store.Record, error) {
	if f.err != nil {
		return store.Record{}, f.err
	}
	return f.Store.Get(ctx, k, key)
}

func (f *faultyStore) Commit(ctx context.Context, changes ...store.Change) error {
	if f.err != nil {
		return f.err
	}
	return f.Store.Commit(ctx, changes...)
}

// browser keeps cookies between requests, as far as these tests need it.
type browser struct {
	h       *house
	cookies map[string]string
	addr    string
	headers http.Header
}

func (h *house) browser() *browser {
	return &browser{h: h, cookies: map[string]string{}, addr: "192.0.2.1:4711", headers: http.Header{}}
}

func (b *browser) request(method, target string, form url.Values) *http.Request {
	r := httptest.NewRequest(method, issuer+target, strings.NewReader(form.Encode()))
	r.RemoteAddr = b.addr
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", issuer)
	}
	maps.Copy(r.Header, b.headers)
	for _, name := range slices.Sorted(maps.Keys(b.cookies)) {
		r.AddCookie(&http.Cookie{Name: name, Value: b.cookies[name]})
	}
	return r
}

func (b *browser) keep(w *httptest.ResponseRecorder) *httptest.ResponseRecorder {
	for _, cookie := range w.Result().Cookies() {
		b.cookies[cookie.Name] = cookie.Value
	}
	return w
}

func (b *browser) get(target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.h.SignIn.ServeHTTP(w, b.request(http.MethodGet, target, nil))
	return b.keep(w)
}

func (b *browser) post(form url.Values) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.h.SignIn.ServeHTTP(w, b.request(http.MethodPost, "/login", form))
	return b.keep(w)
}

func (b *browser) ask(i interaction.Interaction, prompt Prompt) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.h.SignIn.Ask(w, b.request(http.MethodGet, "/authorize", nil), i, prompt)
	return b.keep(w)
}

// login answers a login page.
func (b *browser) login(page *httptest.ResponseRecorder, name, password string) *httptest.ResponseRecorder {
	return b.post(url.Values{"interaction": {sealed(b.h.t, page)}, "username": {name}, "password": {password}})
}

func (b *browser) signIn(name, password string) {
	b.h.t.Helper()
	if w := b.login(b.get("/login?prompt=login"), name, password); w.Code != http.StatusSeeOther {
		b.h.t.Fatalf("login as %s: %d", name, w.Code)
	}
}

var hidden = regexp.MustCompile(`name="interaction" value="([^"]+)"`)

func sealed(t *testing.T, page *httptest.ResponseRecorder) string {
	t.Helper()
	found := hidden.FindStringSubmatch(page.Body.String())
	if found == nil {
		t.Fatalf("no interaction in a %d page: %s", page.Code, page.Body)
	}
	return found[1]
}

// returned opens the interaction that the browser takes back to the authorization endpoint.
func (b *browser) returned(w *httptest.ResponseRecorder) interaction.Interaction {
	b.h.t.Helper()
	location, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != http.StatusSeeOther || location.Path != "/authorize" {
		b.h.t.Fatalf("answer is %d to %q: %s", w.Code, w.Header().Get("Location"), w.Body)
	}
	i, err := b.h.SignIn.Interactions.Open(b.request(http.MethodGet, "/authorize", nil), location.Query().Get("interaction"))
	if err != nil {
		b.h.t.Fatal(err)
	}
	return i
}

func (b *browser) session() *session.Session {
	sess, err := b.h.SignIn.Sessions.Current(context.Background(), b.request(http.MethodGet, "/", nil))
	if err != nil {
		return nil
	}
	return sess
}
