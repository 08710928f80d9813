package guard

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

const (
	testAudience = "https://api.example.com"
	testIssuer   = "https://id.example.com"
	testCookie   = "__Host-gatehouse-main-session"

	testSiteCookie = "__Host-gatehouse-main-site-abc"
)

// fakeProvider knows the tokens it is given. ask, when set, answers instead.
type fakeProvider struct {
	mu     sync.Mutex
	tokens map[string]*op.Token
	added  []Declaration
	addErr error
	issuer string
	ask    func(ctx context.Context, token string) (*op.Token, error)
	asked  atomic.Int64

	// passport, when set, makes the tokens for upstreams, and passports counts them.
	passport  func(of *op.Token, w op.UpstreamWish) (*op.UpstreamToken, error)
	passports atomic.Int64

	proofs    *op.Proofs
	proofsErr error

	sites    []op.Site
	siteErr  error
	sessions map[string]*op.Token
	// look, when set, answers for sessions instead.
	look   func(ctx context.Context, cookie string) (*op.Token, error)
	visits atomic.Int64
	wishes []op.SiteWish
	begin  error
	enter  func(w http.ResponseWriter, code string) (string, error)
}

func newFakeProvider() *fakeProvider {
	return &fakeProvider{tokens: map[string]*op.Token{}, sessions: map[string]*op.Token{}, issuer: testIssuer}
}

func (f *fakeProvider) AddResource(d Declaration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.added = append(f.added, d)
	return f.addErr
}

func (f *fakeProvider) Introspect(ctx context.Context, token string) (*op.Token, error) {
	f.asked.Add(1)
	if f.ask != nil {
		return f.ask(ctx, token)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if t, ok := f.tokens[token]; ok {
		return t, nil
	}
	return nil, op.ErrInactive
}

func (f *fakeProvider) Proofs() (*op.Proofs, error) { return f.proofs, f.proofsErr }

func (f *fakeProvider) CheckUpstream(audience string) error {
	if audience == f.issuer {
		return errors.New("is the issuer")
	}
	return nil
}

func (f *fakeProvider) UpstreamToken(of *op.Token, w op.UpstreamWish) (*op.UpstreamToken, error) {
	f.passports.Add(1)
	if f.passport == nil {
		return nil, errors.New("nobody makes tokens")
	}
	return f.passport(of, w)
}

func (f *fakeProvider) AddSite(s op.Site) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sites = append(f.sites, s)
	return testSiteCookie, f.siteErr
}

func (f *fakeProvider) SignedIn(ctx context.Context, _, cookie string, visiting bool) (*op.Token, error) {
	f.asked.Add(1)
	if visiting {
		f.visits.Add(1)
	}
	if f.look != nil {
		return f.look(ctx, cookie)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if t, ok := f.sessions[cookie]; ok {
		return t, nil
	}
	return nil, op.ErrInactive
}

func (f *fakeProvider) BeginSite(_ http.ResponseWriter, _ *http.Request, _ string, wish op.SiteWish) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wishes = append(f.wishes, wish)
	return testIssuer + "/site?visit=sealed", f.begin
}

func (f *fakeProvider) EnterSite(w http.ResponseWriter, _ *http.Request, _, code string) (string, error) {
	if f.enter == nil {
		return "", op.ErrInactive
	}
	return f.enter(w, code)
}

func (f *fakeProvider) ProtectedResource(host, path, _ string) (http.Handler, bool) {
	if host != "api.example.com" || path != "/.well-known/oauth-protected-resource" {
		return nil, false
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Tells", "itself") }), true
}

func (f *fakeProvider) Now() time.Time { return time.Now() }
func (f *fakeProvider) Issuer() string { return f.issuer }
func (f *fakeProvider) CookieNames() []string {
	return []string{testCookie, "__Host-gatehouse-main-site-*"}
}

// give makes the provider know a token.
func (f *fakeProvider) give(bearer string, t *op.Token) *op.Token {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tokens[bearer] = t
	return t
}

// person is a live token of somebody who signed in.
func person(sub string, scopes ...string) *op.Token {
	return &op.Token{
		Kind: "access", TokenType: "Bearer", ClientID: "web", Subject: sub, Account: sub + "-account",
		Username: "The " + sub, SignedIn: true, Scopes: scopes, Audience: []string{testAudience},
		AuthTime: time.Unix(1700000000, 0), ACR: "pwd",
		Claims: map[string]any{"name": "Diana Krall", "groups": []any{"staff", "admins"}, "email_verified": true},
	}
}

// service is a live token of a client that acts for itself.
func service(scopes ...string) *op.Token {
	return &op.Token{
		Kind: "access", TokenType: "Bearer", ClientID: "billing", Subject: "billing",
		Scopes: scopes, Audience: []string{testAudience},
	}
}

// fakeApp stands where the app openid_provider stands.
type fakeApp struct{}

// theProvider is what fakeApp holds; tests that run a Caddy set it, one at a time.
var theProvider atomic.Pointer[fakeProvider]

func init() { caddy.RegisterModule(fakeApp{}) }

func (fakeApp) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "openid_provider", New: func() caddy.Module { return new(fakeApp) }}
}
func (fakeApp) Start() error { return nil }
func (fakeApp) Stop() error  { return nil }

func (fakeApp) OpenIDProvider(name string) (Provider, error) {
	if provider := theProvider.Load(); provider != nil && (name == "" || name == "main") {
		return provider, nil
	}
	return nil, errors.New("there is no provider " + name)
}

// upstream counts what reaches it and keeps the last request.
type upstream struct {
	hits atomic.Int64
	mu   sync.Mutex
	last *http.Request
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) error {
	u.hits.Add(1)
	u.mu.Lock()
	u.last = r
	u.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// assembled is a guard as Provision leaves it.
func assembled(t testing.TB, g Guard, provider Provider) *Guard {
	t.Helper()
	if g.Audience == "" {
		g.Audience = testAudience
	}
	uri, faults := g.check()
	if len(faults) > 0 {
		t.Fatalf("configuration: %v", errors.Join(faults...))
	}
	g.logger = zap.NewNop()
	if err := g.assemble(uri, provider); err != nil {
		t.Fatal(err)
	}
	if g.Browser {
		if err := g.takeBrowsers(uri, provider); err != nil {
			t.Fatal(err)
		}
	}
	return &g
}

// request is one as Caddy's server would hand it over.
func request(method, target string, header http.Header) (*http.Request, *caddy.Replacer) {
	r := httptest.NewRequest(method, target, nil)
	r.Header = http.Header{}
	maps.Copy(r.Header, header)
	replacer := caddy.NewReplacer()
	return r.WithContext(context.WithValue(r.Context(), caddy.ReplacerCtxKey, replacer)), replacer
}

func bearer(token string) http.Header {
	return http.Header{"Authorization": {"Bearer " + token}}
}

// serve runs one request and gives the status that the error carries or the writer got.
func serve(g *Guard, r *http.Request, next caddyhttp.Handler) (int, http.Header) {
	recorder := httptest.NewRecorder()
	err := g.ServeHTTP(recorder, r, next)
	if fault, ok := errors.AsType[caddyhttp.HandlerError](err); ok {
		return fault.StatusCode, recorder.Header()
	}
	return recorder.Code, recorder.Header()
}

// unavailable is what a store that does not answer becomes.
var unavailable = errors.Join(errors.New("store gone"), oauth.ErrUnavailable)
