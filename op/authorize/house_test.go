package authorize_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/seed-5b16f944/gatehouse/op/authorize"
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/frontchannel"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/idtoken"
	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
	"github.com/seed-5b16f944/gatehouse/op/user"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

const (
	issuer        = "https://id.example.com"
	callback      = "https://shop.example.com/cb"
	loopback      = "http://127.0.0.1:4711/cb"
	api           = "https://api.example.com"
	sessionCookie = "__Host-gatehouse-main-session"
	browserCookie = "__Host-gatehouse-main-browser"
	challenge     = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636 appendix B
	interacting   = 30 * time.Minute
)

// house is one provider with all the rooms that the endpoint goes through, and a clock to turn.
type house struct {
	t             *testing.T
	store         *switchedStore
	users         []*user.User
	clients       []*client.Client
	pkceAll       bool
	offered       []string
	secrets       *keys.Secrets
	sessions      *session.Sessions
	consents      *consent.Consents
	sealer        *interaction.Sealer
	grants        *grant.Grants
	registrations *client.Registrations
	idTokens      *idtoken.Maker
	logs          *observer.ObservedLogs
	fetch         *fetch.Client
	handler       http.Handler

	mu    sync.Mutex
	clock time.Time
}

// newHouse builds a provider; change may alter the clients, users or policy before the rooms are made.
func newHouse(t *testing.T, change ...func(*house)) *house {
	t.Helper()
	h := &house{t: t, fetch: fetch.New(fetch.Policy{}), offered: []string{oauth.ResponseTypeCode}, clock: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	h.store = &switchedStore{Store: memory.New(h.now)}
	h.users = []*user.User{
		{Name: "diana", PasswordHash: "krall", Claims: map[string]any{"name": "Diana Krall"}},
		{Name: "babs", PasswordHash: "howes", Sub: "sub-of-babs"},
	}
	scopes := oauth.Scopes{"openid", "profile", "email", "offline_access", "orders:read", "orders:write"}
	public := []string{oauth.AuthNone}
	h.clients = []*client.Client{
		{ID: "web", Name: "Web shop", Secrets: []client.Secret{client.PlainSecret("secret")}, RedirectURIs: []string{callback, callback + "?keep=1"}, Scopes: scopes},
		{ID: "spa", Name: "Single page", AuthMethods: public, RedirectURIs: []string{"https://spa.example.com/cb"}, Scopes: scopes},
		{ID: "cli", Name: "Terminal", AuthMethods: public, ApplicationType: "native", RedirectURIs: []string{"http://127.0.0.1/cb", "com.example.app:/cb"}, Scopes: scopes},
		{ID: "own", Name: "Own app", Secrets: []client.Secret{client.PlainSecret("secret")}, RedirectURIs: []string{"https://own.example.com/cb"}, Scopes: scopes, ConsentSkip: true},
		{ID: "off", Name: "Switched off", AuthMethods: public, RedirectURIs: []string{callback}, Disabled: true},
		{ID: "service", Name: "Service", Secrets: []client.Secret{client.PlainSecret("secret")}, GrantTypes: []string{oauth.GrantClientCredentials}, RedirectURIs: []string{"https://service.example.com/cb"}},
	}
	for _, c := range change {
		c(h)
	}
	h.build()
	return h
}

func (h *house) build() {
	h.t.Helper()
	ctx := context.Background()
	must := func(err error) {
		h.t.Helper()
		if err != nil {
			h.t.Fatal(err)
		}
	}
	generations := &store.Generations{}
	tracked := store.Track(h.store, generations)
	var err error
	h.secrets, err = keys.OpenSecrets(ctx, tracked, nil)
	must(err)
	ring, err := keys.OpenRing(ctx, tracked, h.secrets, h.now)
	must(err)
	must(ring.Ensure(ctx, keys.Policy{Algs: []string{keys.ES256}, PublishAhead: time.Hour, KeepFor: time.Hour}))
	users, err := user.NewDirectory(h.users, "", plainHasher{}, h.now)
	must(err)
	resources, err := resource.NewSet(issuer, []resource.Resource{
		{URI: api, Name: "Orders", Scopes: oauth.Scopes{"orders:read", "orders:write"}, DefaultScopes: oauth.Scopes{"orders:read"}},
		{URI: "https://closed.example.com", Scopes: oauth.Scopes{"closed"}, Clients: []string{"nobody"}},
	}, []resource.Scope{{Name: "orders:read", Description: "See your orders"}})
	must(err)
	pages, err := web.NewPages(nil)
	must(err)
	core, logs := observer.New(zapcore.DebugLevel)
	h.logs = logs
	respond := web.NewResponder(zap.New(core), pages)
	life := grant.Lifetimes{Code: time.Minute, AccessToken: time.Hour, RefreshToken: 24 * time.Hour, Grant: 30 * 24 * time.Hour, RefreshGrace: 30 * time.Second}
	h.sessions = session.New(tracked, sessionCookie, session.Life{Idle: 12 * time.Hour, Max: 7 * 24 * time.Hour, Keep: life.Grant}, h.now)
	h.consents = consent.New(tracked, 365*24*time.Hour, h.now)
	h.sealer = interaction.New(h.secrets, issuer, browserCookie, interacting, h.now)
	clients := client.NewRegistry(tracked, h.clients)
	h.registrations = client.NewRegistrations(client.RegistrationDeps{
		Store: tracked, Generations: generations, Secrets: h.secrets, Scopes: oauth.IdentityScopes, Keep: 365 * 24 * time.Hour, Now: h.now,
	})
	clients.Admit(h.registrations)
	keySets := client.NewKeySets(h.fetch, h.now)
	h.idTokens = idtoken.New(idtoken.Deps{
		Ring: ring, Protector: client.NewProtector(ring, keySets), Clients: clients, KeySets: keySets,
		Issuer: issuer, Life: 10 * time.Minute, Now: h.now,
	})
	h.grants = grant.New(grant.Deps{
		Store: tracked, Memory: grant.NewMemory(generations, 100), Ring: ring, Clients: clients, Users: users,
		Sessions: h.sessions, Consents: h.consents, Resources: resources, Issuer: issuer, Life: life, SigningAlg: keys.ES256, Now: h.now,
	})
	login := signin.New(signin.Deps{
		Users: users, Sessions: h.sessions, Interactions: h.sealer, Throttle: throttle.NewJoint("login", throttle.New(h.now, 1000), nil), Respond: respond,
		Issuer: issuer, Policy: signin.Policy{Attempts: 1000, Window: time.Minute},
		FrontChannel: frontchannel.New(frontchannel.Deps{
			Issuer: issuer, Clients: clients, Sessions: h.sessions, Interactions: h.sealer, Respond: respond, Now: h.now,
		}),
	})
	endpoint := authorize.New(authorize.Deps{
		Issuer: issuer, PKCEAll: h.pkceAll, ResponseTypes: h.offered, Store: tracked, Clients: clients, Users: users, Sessions: h.sessions,
		Consents: h.consents, Interactions: h.sealer, Resources: resources, Grants: h.grants, Secrets: h.secrets,
		IDTokens: h.idTokens, SignIn: login, Respond: respond, Now: h.now,
		ClientKeys: keySets, Fetch: h.fetch,
	})
	mux := http.NewServeMux()
	mux.Handle("/authorize", endpoint)
	mux.HandleFunc("/consent", endpoint.Consent)
	mux.Handle("/login", login)
	h.handler = mux
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

// count is how many records of a kind there are.
func (h *house) count(kind store.Kind) int {
	h.t.Helper()
	records, err := h.store.Store.List(context.Background(), kind, store.Filter{}, "", 1000)
	if err != nil {
		h.t.Fatal(err)
	}
	return len(records)
}

// granted is the grant behind a code.
func (h *house) granted(code string) grant.Grant {
	h.t.Helper()
	redeemable, err := h.grants.Code(context.Background(), code)
	if err != nil {
		h.t.Fatalf("the code is not known: %v", err)
	}
	record, err := h.store.Store.Get(context.Background(), store.Grants, redeemable.GrantID)
	if err != nil {
		h.t.Fatal(err)
	}
	var g grant.Grant
	if err := record.Decode(&g); err != nil {
		h.t.Fatal(err)
	}
	return g
}

// switchedStore stops answering when told to.
type switchedStore struct {
	store.Store
	mu        sync.Mutex
	err, read error
	// overtake, if set, happens once, just before a commit that grants something.
	overtake func()
}

func (s *switchedStore) failReads(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read = err
}

func (s *switchedStore) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *switchedStore) Commit(ctx context.Context, changes ...store.Change) error {
	s.mu.Lock()
	err, overtake := s.err, s.overtake
	grants := slices.ContainsFunc(changes, func(c store.Change) bool { return c.Record.Kind == store.Grants })
	if grants {
		s.overtake = nil
	}
	s.mu.Unlock()
	if grants && overtake != nil {
		overtake()
	}
	if err != nil {
		return err
	}
	return s.Store.Commit(ctx, changes...)
}

func (s *switchedStore) Get(ctx context.Context, k store.Kind, key string) (store.Record, error) {
	s.mu.Lock()
	err := s.read
	s.mu.Unlock()
	if err != nil {
		return store.Record{}, err
	}
	return s.Store.Get(ctx, k, key)
}

// plainHasher compares passwords as they are: how they are hashed is no matter here.
type plainHasher struct{}

func (plainHasher) Compare(hash, password []byte) (bool, error) {
	return string(hash) == string(password), nil
}
func (plainHasher) FakeHash() []byte { return []byte("nobody's") }

// asking is a good authorization request of a client, with changes ("name=value", "name=" removes,
// "name+=value" repeats).
func asking(clientID, redirectURI string, changes ...string) url.Values {
	v := url.Values{
		"client_id": {clientID}, "redirect_uri": {redirectURI}, "response_type": {"code"}, "scope": {"openid profile"},
		"state": {"st"}, "nonce": {"n"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	for _, change := range changes {
		name, value, _ := strings.Cut(change, "=")
		if repeated, ok := strings.CutSuffix(name, "+"); ok {
			v.Add(repeated, value)
			continue
		}
		if value == "" {
			v.Del(name)
			continue
		}
		v.Set(name, value)
	}
	return v
}

func newRequest(method, target string, body url.Values) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", issuer)
	}
	return r
}

// idToken makes an ID token for a client of that id.
func (h *house) idToken(clientID string, req idtoken.Request) (string, error) {
	c := &client.Client{ID: clientID, IDToken: client.Protection{Alg: keys.ES256}}
	return h.idTokens.Make(h.t.Context(), c, req)
}
