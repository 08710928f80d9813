package guard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op"
)

const (
	ordersRealm    = `Bearer realm="https://api.example.com"`
	ordersMetadata = `, resource_metadata="https://api.example.com/.well-known/oauth-protected-resource"`
)

// dpopAlgs begins every challenge of the scheme DPoP.
const dpopAlgs = `DPoP algs="ES256 EdDSA ES384 PS256 RS256",`

// ordersGuard asks for one scope and leaves two places open.
func ordersGuard(t testing.TB, provider Provider) *Guard {
	return assembled(t, Guard{
		Scopes:  []string{"orders:read"},
		Public:  []string{"/health", "/assets/*"},
		Headers: map[string]string{"X-User-Id": "sub"},
	}, provider)
}

// refused checks that nothing reached the upstream.
func refused(t *testing.T, g *Guard, r *http.Request, status int) http.Header {
	t.Helper()
	var up upstream
	got, header := serve(g, r, &up)
	if got != status {
		t.Errorf("status %d, want %d", got, status)
	}
	if hits := up.hits.Load(); hits != 0 {
		t.Errorf("the upstream was hit %d times", hits)
	}
	if header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control %q", header.Get("Cache-Control"))
	}
	return header
}

func TestMust067_RefusalsSpeakRFC6750(t *testing.T) {
	provider := newFakeProvider()
	provider.give("good", person("diana", "orders:read"))
	provider.give("narrow", person("diana", "orders:list"))
	foreign := person("diana", "orders:read")
	foreign.Audience = []string{"https://other.example.com", testIssuer}
	provider.give("foreign", foreign)
	invalid := ordersRealm + `, error="invalid_token", error_description="the access token is not valid here"` + ordersMetadata + `, scope="orders:read"`
	malformed := ordersRealm + `, error="invalid_request", error_description="there must be one bearer token"` + ordersMetadata
	for name, test := range map[string]struct {
		authorization []string
		status        int
		challenge     string
	}{
		"no token":           {nil, 401, ordersRealm + ordersMetadata + `, scope="orders:read"`},
		"another scheme":     {[]string{"Basic YTpi"}, 401, ordersRealm + ordersMetadata + `, scope="orders:read"`},
		"DPoP scheme":        {[]string{"DPoP good"}, 401, dpopAlgs + ` realm="https://api.example.com", error="invalid_token", error_description="the access token is not bound to what was proved"` + ordersMetadata + `, scope="orders:read"`},
		"DPoP, unknown":      {[]string{"DPoP nobody"}, 401, dpopAlgs + strings.TrimPrefix(invalid, "Bearer")},
		"DPoP, malformed":    {[]string{"DPoP a b"}, 400, dpopAlgs + strings.TrimPrefix(malformed, "Bearer")},
		"bare token":         {[]string{"good"}, 401, ordersRealm + ordersMetadata + `, scope="orders:read"`},
		"unknown token":      {[]string{"Bearer nobody"}, 401, invalid},
		"other audience":     {[]string{"Bearer foreign"}, 401, invalid},
		"too few scopes":     {[]string{"Bearer narrow"}, 403, ordersRealm + `, error="insufficient_scope", error_description="the access token lacks a scope"` + ordersMetadata + `, scope="orders:read"`},
		"two headers":        {[]string{"Bearer good", "Bearer good"}, 400, malformed},
		"two schemes":        {[]string{"Bearer good", "Basic YTpi"}, 400, malformed},
		"comma list":         {[]string{"Bearer good, Bearer good"}, 400, malformed},
		"comma list, tight":  {[]string{"Bearer good,good"}, 400, malformed},
		"list, Basic first":  {[]string{"Basic YTpi, Bearer good"}, 401, ordersRealm + ordersMetadata + `, scope="orders:read"`},
		"two tokens":         {[]string{"Bearer good fine"}, 400, malformed},
		"scheme alone":       {[]string{"Bearer"}, 400, malformed},
		"scheme and blank":   {[]string{"Bearer "}, 400, malformed},
		"not a b64token":     {[]string{`Bearer "good"`}, 400, malformed},
		"parameters":         {[]string{`Bearer token="good"`}, 400, malformed},
		"prefix of a token":  {[]string{"Bearer goo"}, 401, invalid},
		"token with padding": {[]string{"Bearer good="}, 401, invalid},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := request("GET", "/orders", http.Header{"Authorization": test.authorization})
			header := refused(t, ordersGuard(t, provider), r, test.status)
			if diff := cmp.Diff([]string{test.challenge}, header["Www-Authenticate"]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMust066_OnlyTheHeaderCarriesAToken(t *testing.T) {
	provider := diana()
	for _, target := range []string{"/orders?access_token=good", "/orders?token=good", "/orders?Authorization=Bearer%20good"} {
		r, _ := request("GET", target, nil)
		refused(t, ordersGuard(t, provider), r, http.StatusUnauthorized)
	}
	for _, name := range []string{"Proxy-Authorization", "X-Access-Token", "Cookie", "X-Forwarded-Authorization"} {
		r, _ := request("GET", "/orders", http.Header{name: {"Bearer good"}})
		refused(t, ordersGuard(t, provider), r, http.StatusUnauthorized)
	}
	if asked := provider.asked.Load(); asked != 0 {
		t.Errorf("the provider was asked %d times", asked)
	}
	for _, scheme := range []string{"Bearer", "bearer", "BEARER", "bEaReR", "Bearer "} {
		r, _ := request("GET", "/orders", http.Header{"Authorization": {scheme + " good"}})
		var up upstream
		if status, _ := serve(ordersGuard(t, provider), r, &up); status != http.StatusNoContent || up.hits.Load() != 1 {
			t.Errorf("scheme %q: status %d", scheme, status)
		}
	}
}

func TestThreat054_ScopesAreAskedForEveryRoute(t *testing.T) {
	provider := newFakeProvider()
	provider.give("reader", person("diana", "orders:read"))
	reads := assembled(t, Guard{Scopes: []string{"orders:read"}}, provider)
	writes := assembled(t, Guard{Scopes: []string{"orders:read", "orders:write"}}, provider)
	for range 3 {
		var up upstream
		r, _ := request("GET", "/orders", bearer("reader"))
		if status, _ := serve(reads, r, &up); status != http.StatusNoContent {
			t.Errorf("reading: %d", status)
		}
		r, _ = request("GET", "/orders", bearer("reader"))
		header := refused(t, writes, r, http.StatusForbidden)
		if !strings.Contains(header.Get("Www-Authenticate"), `scope="orders:read orders:write"`) {
			t.Errorf("the challenge does not name all scopes: %s", header.Get("Www-Authenticate"))
		}
	}
}

func TestThreat058_AudienceIsTheGuardsOwn(t *testing.T) {
	provider := newFakeProvider()
	for audience, passes := range map[string]bool{
		testAudience: true, testAudience + "/": true, "HTTPS://API.example.com:443": true,
		testAudience + "/v1": false, "http://api.example.com": false, testAudience + ":8443": false, testAudience + ".evil.example": false,
		"": false, "*": false, "api.example.com": false, testIssuer: false,
	} {
		token := person("diana", "orders:read")
		token.Audience = []string{audience}
		provider.give("token", token)
		r, _ := request("GET", "/orders", bearer("token"))
		if !passes {
			refused(t, ordersGuard(t, provider), r, http.StatusUnauthorized)
			continue
		}
		if status, _ := serve(ordersGuard(t, provider), r, &upstream{}); status != http.StatusNoContent {
			t.Errorf("audience %q: status %d", audience, status)
		}
	}
	token := person("diana", "orders:read")
	token.Audience = nil
	provider.give("token", token)
	r, _ := request("GET", "/orders", bearer("token"))
	refused(t, ordersGuard(t, provider), r, http.StatusUnauthorized)
}

func TestThreat059_OnlyBearerAccessTokens(t *testing.T) {
	provider := newFakeProvider()
	for name, change := range map[string]func(*op.Token){
		"refresh token":     func(t *op.Token) { t.Kind = "refresh" },
		"no kind":           func(t *op.Token) { t.Kind = "" },
		"id token":          func(t *op.Token) { t.Kind = "id" },
		"bound to a key":    func(t *op.Token) { t.TokenType = "DPoP" },
		"no type":           func(t *op.Token) { t.TokenType = "" },
		"unusual type case": func(t *op.Token) { t.TokenType = "bearer" },
	} {
		t.Run(name, func(t *testing.T) {
			token := person("diana", "orders:read")
			change(token)
			provider.give("token", token)
			r, _ := request("GET", "/orders", bearer("token"))
			refused(t, ordersGuard(t, provider), r, http.StatusUnauthorized)
		})
	}
}

func TestThreat062_NoErrorEverAllows(t *testing.T) {
	nameless := person("", "orders:read")
	for name, test := range map[string]struct {
		ask    func(context.Context, string) (*op.Token, error)
		status int
	}{
		"inactive": {func(context.Context, string) (*op.Token, error) { return nil, op.ErrInactive }, 401},
		"inactive with token": {func(context.Context, string) (*op.Token, error) {
			return person("diana", "orders:read"), op.ErrInactive
		}, 401},
		"outage":               {func(context.Context, string) (*op.Token, error) { return nil, unavailable }, 503},
		"outage with token":    {func(context.Context, string) (*op.Token, error) { return person("diana", "orders:read"), unavailable }, 503},
		"outage and inactive":  {func(context.Context, string) (*op.Token, error) { return nil, errors.Join(op.ErrInactive, unavailable) }, 503},
		"timeout":              {func(context.Context, string) (*op.Token, error) { return nil, context.DeadlineExceeded }, 503},
		"any other error":      {func(context.Context, string) (*op.Token, error) { return nil, errors.New("surprise") }, 503},
		"neither":              {func(context.Context, string) (*op.Token, error) { return nil, nil }, 503},
		"zero token":           {func(context.Context, string) (*op.Token, error) { return &op.Token{}, nil }, 401},
		"person without sub":   {func(context.Context, string) (*op.Token, error) { return nameless, nil }, 403},
		"panic with a string":  {func(context.Context, string) (*op.Token, error) { panic("secret-in-a-panic") }, 503},
		"panic with an error":  {func(context.Context, string) (*op.Token, error) { panic(errors.New("secret-in-a-panic")) }, 503},
		"panic of the runtime": {func(context.Context, string) (*op.Token, error) { var t *op.Token; return &op.Token{ID: t.ID}, nil }, 503},
		"panic to abort":       {func(context.Context, string) (*op.Token, error) { panic(http.ErrAbortHandler) }, 503},
	} {
		t.Run(name, func(t *testing.T) {
			provider := newFakeProvider()
			provider.ask = test.ask
			r, _ := request("GET", "/orders", bearer("some"))
			header := refused(t, ordersGuard(t, provider), r, test.status)
			if (header.Get("Retry-After") != "") != (test.status == http.StatusServiceUnavailable) {
				t.Errorf("Retry-After %q", header.Get("Retry-After"))
			}
			if test.status == http.StatusServiceUnavailable && header["Www-Authenticate"] != nil {
				t.Errorf("an outage is no challenge: %v", header)
			}
		})
	}
}

func TestMust076_PanicAtAnyBranchIsARefusal(t *testing.T) {
	for name, spoil := range map[string]func(*Guard, *http.Request){
		"no URL":         func(_ *Guard, r *http.Request) { r.URL = nil },
		"no source":      func(g *Guard, _ *http.Request) { g.source = nil },
		"no identities":  func(g *Guard, _ *http.Request) { g.identities = nil },
		"broken source":  func(g *Guard, _ *http.Request) { g.identities.sources[0] = func(*op.Token) any { panic("source") } },
		"absent source":  func(g *Guard, _ *http.Request) { g.identities.sources[0] = nil },
		"unwritable":     func(g *Guard, _ *http.Request) { g.identities.sources[0] = func(*op.Token) any { return func() {} } },
		"empty decision": func(g *Guard, _ *http.Request) { g.identities.made = nil },
	} {
		t.Run(name, func(t *testing.T) {
			g := ordersGuard(t, diana())
			r, _ := request("GET", "/orders", bearer("good"))
			spoil(g, r)
			var up upstream
			if status, _ := serve(g, r, &up); status != 503 && status != 403 || up.hits.Load() != 0 {
				t.Errorf("status %d, %d hits", status, up.hits.Load())
			}
		})
	}
}

func TestMust085_PanicsAreDescribedWithoutTheirValue(t *testing.T) {
	for _, value := range []any{"secret-token", errors.New("secret-token"), fmt.Errorf("w: %w", errors.New("secret-token")), struct{ s string }{"secret-token"}} {
		if text := panicError(value).Error(); strings.Contains(text, "secret") {
			t.Errorf("%T: %s", value, text)
		}
	}
}

func TestZeroDecisionDenies(t *testing.T) {
	g := ordersGuard(t, diana())
	r, _ := request("GET", "/orders", nil)
	if (decision{}).verdict != denied {
		t.Error("the zero verdict is not denied")
	}
	var up upstream
	if err := g.refuse(privately(discard{}), r, decision{}); err == nil || up.hits.Load() != 0 {
		t.Error("the zero decision was not refused")
	}
}

func TestThreat063_NoExemptionByHeader(t *testing.T) {
	for _, header := range []http.Header{
		{"User-Agent": {"GoogleHC/1.0"}},
		{"User-Agent": {"kube-probe/1.30"}},
		{"X-Forwarded-For": {"127.0.0.1"}},
		{"X-Original-Url": {"/health"}},
		{"X-Rewrite-Url": {"/health"}},
		{"X-Forwarded-Uri": {"/health"}},
		{"X-Forwarded-Method": {"OPTIONS"}},
		{"X-Http-Method-Override": {"OPTIONS"}},
		{"X-User-Id": {"diana"}},
		{"Forwarded": {"for=127.0.0.1"}},
		{"Upgrade": {"websocket"}},
	} {
		r, _ := request("GET", "/orders", header)
		refused(t, ordersGuard(t, diana()), r, http.StatusUnauthorized)
	}
}

func TestThreat071_HostChangesNothing(t *testing.T) {
	for _, host := range []string{"api.example.com", "API.example.com", "api.example.com.", "api.example.com:8443", "[::1]", "evil.example"} {
		r, _ := request("GET", "/orders", nil)
		r.Host = host
		refused(t, ordersGuard(t, diana()), r, http.StatusUnauthorized)
		r, _ = request("GET", "/orders", bearer("good"))
		r.Host = host
		if status, _ := serve(ordersGuard(t, diana()), r, &upstream{}); status != http.StatusNoContent {
			t.Errorf("%s: %d", host, status)
		}
	}
}

// discard is a ResponseWriter that forgets.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}
