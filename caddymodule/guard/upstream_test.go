package guard

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/grant"
)

// clock is a time that a test sets, from any goroutine.
type clock struct{ nanos atomic.Int64 }

func newClock() *clock {
	c := new(clock)
	c.nanos.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *clock) now() time.Time { return time.Unix(0, c.nanos.Load()) }

func (c *clock) advance(by time.Duration) { c.nanos.Add(int64(by)) }

// issuedHere makes of a fact one that the provider itself found out.
func issuedHere(t *op.Token) *op.Token {
	t.Grant, t.Issuer = new(grant.Grant), testIssuer
	return t
}

func upstreamJWTs() *UpstreamToken { return new(UpstreamToken) }

func inHeader(name string) *UpstreamToken { return &UpstreamToken{Header: name} }

func lived(life time.Duration) *UpstreamToken { return &UpstreamToken{Lifetime: caddy.Duration(life)} }

// tells reads what an Authorization header has.
func tells(header string) map[string]any { return claimsOf(strings.TrimPrefix(header, "Bearer ")) }

// claimsOf reads a JWT whose signature is for other tests to verify.
func claimsOf(jwt string) (claims map[string]any) {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return nil
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return nil
	}
	return claims
}

// issuing is a provider that makes tokens for upstreams by that clock, and knows diana by the token "good".
func issuing(t testing.TB, c *clock) *fakeProvider {
	t.Helper()
	state, err := op.Open(t.Context(), op.Location{Driver: op.DriverMemory, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = state.Close() })
	running, err := op.New(op.Config{Issuer: testIssuer}, state, op.Observer{})
	if err == nil {
		err = running.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	provider := diana()
	issuedHere(provider.tokens["good"])
	issuedHere(provider.tokens["service"])
	provider.passport = running.UpstreamToken
	return provider
}

func TestTheUpstreamGetsATokenOfItsOwn(t *testing.T) {
	g := assembled(t, Guard{
		Scopes: []string{"orders:read"}, Public: []string{"/health"}, Preflight: true,
		Headers:       map[string]string{"X-Groups": "groups", "X-Who": "username", "X-Client": "client_id", "X-Aud": "aud"},
		UpstreamToken: &UpstreamToken{Audience: "urn:orders", Claims: []string{"name"}},
	}, issuing(t, newClock()))
	var up upstream
	r, _ := request("GET", "/orders", bearer("good"))
	if status, _ := serve(g, r, &up); status != http.StatusNoContent {
		t.Fatalf("status %d", status)
	}
	got := up.last.Header["Authorization"]
	if len(got) != 1 || !strings.HasPrefix(got[0], "Bearer ey") {
		t.Fatalf("Authorization %q", got)
	}
	claims := tells(got[0])
	delete(claims, "jti")
	want := map[string]any{
		"iss": testIssuer, "aud": "urn:orders", "iat": 1772366400.0, "exp": 1772366460.0, "sub": "diana", "client_id": "web", "scope": "orders:read",
		"acr": "pwd", "auth_time": 1700000000.0, "name": "Diana Krall", "groups": []any{"staff", "admins"}, "username": "The diana",
	}
	if diff := cmp.Diff(want, claims); diff != "" {
		t.Error(diff)
	}
	r, _ = request("GET", "/orders", bearer("service"))
	if _, _ = serve(g, r, &up); tells(up.last.Header.Get("Authorization"))["sub"] != "billing" {
		t.Errorf("of a service: %v", up.last.Header)
	}
	// What needs no token brings none, neither the caller's nor ours.
	for _, header := range []http.Header{bearer("good"), nil, {"AUTHORIZATION": {"Bearer forged"}, "authorization": {"Bearer forged"}}} {
		r, _ = request("GET", "/health", header)
		if status, _ := serve(g, r, &up); status != http.StatusNoContent || len(up.last.Header) != 0 {
			t.Errorf("a public path: status %d, %v", status, up.last.Header)
		}
	}
}

// In a header of its own the token stands by itself, and nobody else gets anything into it.
func TestThreat066_TheUpstreamsHeaderIsOnlyOurs(t *testing.T) {
	g := assembled(t, Guard{Public: []string{"/health"}, ForwardToken: true, UpstreamToken: inHeader("x-orders-token")}, issuing(t, newClock()))
	forged := []string{"X-Orders-Token", "x-orders-token", "X_Orders_Token", "x.orders-token", "X-ORDERS_TOKEN"}
	for _, path := range []string{"/orders", "/health"} {
		header := bearer("good")
		for _, name := range forged {
			header[name] = []string{"forged"}
		}
		r, _ := request("GET", path, header)
		r.Trailer = http.Header{"X-Orders-Token": {"forged"}}
		var up upstream
		if status, _ := serve(g, r, &up); status != http.StatusNoContent {
			t.Fatalf("%s: status %d", path, status)
		}
		got := up.last.Header["X-Orders-Token"]
		if path == "/orders" && (len(got) != 1 || claimsOf(got[0])["sub"] != "diana") || path == "/health" && got != nil {
			t.Errorf("%s: %q", path, got)
		}
		for _, name := range forged[1:] {
			if up.last.Header[name] != nil {
				t.Errorf("%s: %s is forged", path, name)
			}
		}
		if up.last.Trailer["X-Orders-Token"] != nil || up.last.Header.Get("Authorization") != "Bearer good" {
			t.Errorf("%s: trailer %v, header %v", path, up.last.Trailer, up.last.Header)
		}
	}
}

func TestNothingIsMadeForARefusedRequest(t *testing.T) {
	provider := issuing(t, newClock())
	provider.give("narrow", issuedHere(person("diana")))
	elsewhere := issuedHere(person("diana", "orders:read"))
	elsewhere.Audience = []string{"https://other.example"}
	provider.give("elsewhere", elsewhere)
	g := assembled(t, Guard{
		Scopes: []string{"orders:read"}, UpstreamToken: upstreamJWTs(), Allow: []Allow{{Users: []string{"diana-account"}}},
	}, provider)
	for token, status := range map[string]int{"nobody": 401, "elsewhere": 401, "narrow": 403, "service": 403, "a b": 400} {
		r, _ := request("GET", "/orders", bearer(token))
		refused(t, g, r, status)
	}
	r, _ := request("GET", "/a;b", bearer("good"))
	refused(t, g, r, 400)
	// Neither for the watch over what is still being answered.
	s := &stream{bearer: "good", route: g.rules.base}
	s.token.Store(person("diana"))
	if err := g.judgeStream(t.Context(), s); err != nil {
		t.Error(err)
	}
	if n := provider.passports.Load(); n != 0 {
		t.Errorf("%d tokens were made", n)
	}
}

func TestThreat062_WithoutATokenForTheUpstreamNobodyPasses(t *testing.T) {
	for name, test := range map[string]struct {
		make   func(*op.Token, op.UpstreamWish) (*op.UpstreamToken, error)
		status int
	}{
		"a fault":        {func(*op.Token, op.UpstreamWish) (*op.UpstreamToken, error) { return nil, errors.New("no key") }, 503},
		"an outage":      {func(*op.Token, op.UpstreamWish) (*op.UpstreamToken, error) { return nil, unavailable }, 503},
		"a panic":        {func(*op.Token, op.UpstreamWish) (*op.UpstreamToken, error) { panic("secret") }, 503},
		"nothing at all": {func(*op.Token, op.UpstreamWish) (*op.UpstreamToken, error) { return nil, nil }, 503},
		"too much":       {func(*op.Token, op.UpstreamWish) (*op.UpstreamToken, error) { return nil, op.ErrUpstreamTooLarge }, 403},
	} {
		provider := issuing(t, newClock())
		works := provider.passport
		provider.passport = test.make
		g := assembled(t, Guard{Scopes: []string{"orders:read"}, UpstreamToken: upstreamJWTs()}, provider)
		for range 2 { // nothing of it is remembered
			r, _ := request("GET", "/orders", bearer("good"))
			if header := refused(t, g, r, test.status); strings.Contains(header.Get("WWW-Authenticate"), "secret") {
				t.Errorf("%s: %v", name, header)
			}
		}
		provider.passport = works
		r, _ := request("GET", "/orders", bearer("good"))
		var up upstream
		if status, _ := serve(g, r, &up); status != http.StatusNoContent || up.hits.Load() != 1 {
			t.Errorf("%s: afterwards status %d", name, status)
		}

		browsed, sessions := wiki(t, Guard{UpstreamToken: upstreamJWTs()})
		sessions.passport = test.make
		r, _ = request("GET", testSite+"/page", navigation("good"))
		refused(t, browsed, r, test.status)
	}
}

func TestASessionHasATokenForTheUpstream(t *testing.T) {
	g, provider := wiki(t, Guard{Headers: map[string]string{"X-User": "account"}, UpstreamToken: upstreamJWTs()})
	provider.passport = issuing(t, newClock()).passport
	r, _ := request("GET", testSite+"/page", navigation("good"))
	var up upstream
	if status, _ := serve(g, r, &up); status != http.StatusNoContent {
		t.Fatalf("status %d", status)
	}
	claims := tells(up.last.Header.Get("Authorization"))
	if claims["sub"] != "diana" || claims["account"] != "diana-account" || claims["aud"] != testSite || claims["client_id"] != nil {
		t.Errorf("got %v", claims)
	}
}

// Who comes after an error is not the upstream.
func TestThreat077_ErrorRoutesGetNoTokenOfOurs(t *testing.T) {
	for _, told := range []*UpstreamToken{upstreamJWTs(), inHeader("X-Orders-Token")} {
		g := assembled(t, Guard{UpstreamToken: told}, issuing(t, newClock()))
		r, _ := request("GET", "/orders", bearer("good"))
		var seen string
		status, _ := serve(g, r, caddyhttp.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
			seen = r.Header.Get(g.upstreamHeader())
			return caddyhttp.Error(http.StatusBadGateway, errors.New("the upstream is down"))
		}))
		if status != http.StatusBadGateway || seen == "" || r.Header.Get(g.upstreamHeader()) != "" {
			t.Errorf("status %d, %q and afterwards %v", status, seen, r.Header)
		}
	}
}

func TestATokenForTheUpstreamIsMadeOnceInItsTime(t *testing.T) {
	c := newClock()
	provider := issuing(t, c)
	g := assembled(t, Guard{UpstreamToken: lived(40 * time.Second)}, provider)
	ask := func() string {
		t.Helper()
		r, _ := request("GET", "/orders", bearer("good"))
		var up upstream
		if status, _ := serve(g, r, &up); status != http.StatusNoContent {
			t.Fatalf("status %d", status)
		}
		return up.last.Header.Get("Authorization")
	}
	first := ask()
	for range 100 {
		if ask() != first {
			t.Fatal("another token")
		}
	}
	c.advance(20*time.Second - 1)
	if ask() != first || provider.passports.Load() != 1 {
		t.Errorf("%d were made", provider.passports.Load())
	}
	c.advance(1)
	if ask() == first || provider.passports.Load() != 2 {
		t.Errorf("after half of its life %d were made", provider.passports.Load())
	}
	// Another of the same person is another caller.
	provider.give("other", issuedHere(person("diana", "orders:read")))
	r, _ := request("GET", "/orders", bearer("other"))
	if _, _ = serve(g, r, new(upstream)); provider.passports.Load() != 3 {
		t.Errorf("%d were made", provider.passports.Load())
	}
}

// While one request has a token made, the others neither wait nor make their own; when there is none, they wait.
func TestThreat057_ManyAtOnceHaveOneMade(t *testing.T) {
	c := newClock()
	provider := issuing(t, c)
	g := assembled(t, Guard{UpstreamToken: upstreamJWTs()}, provider)
	makes, entered, release := provider.passport, make(chan struct{}), make(chan struct{})
	provider.passport = func(of *op.Token, w op.UpstreamWish) (*op.UpstreamToken, error) {
		entered <- struct{}{}
		<-release
		return makes(of, w)
	}
	decide := func() string {
		r, _ := request("GET", "/orders", bearer("good"))
		return g.decide(r).upstream
	}
	var all sync.WaitGroup
	values := make([]string, 64)
	for i := range values {
		all.Go(func() { values[i] = decide() })
	}
	<-entered
	release <- struct{}{}
	all.Wait()
	for _, value := range values {
		if value == "" || value != values[0] {
			t.Fatalf("%q and %q", value, values[0])
		}
	}
	c.advance(31 * time.Second)
	var renewed string
	all.Go(func() { renewed = decide() })
	<-entered
	for range 64 {
		if decide() != values[0] {
			t.Fatal("somebody did not go on with the last")
		}
	}
	release <- struct{}{}
	all.Wait()
	if renewed == values[0] || provider.passports.Load() != 2 || decide() != renewed {
		t.Errorf("%d were made", provider.passports.Load())
	}
}

// What a remembered token for the upstream costs: nothing in the decision, and no allocation more in the request.
func TestATokenForTheUpstreamAllocatesNothing(t *testing.T) {
	count := func(told *UpstreamToken) (decided, served float64) {
		g := assembled(t, Guard{Headers: map[string]string{"X-User-Id": "sub"}, UpstreamToken: told}, issuing(t, newClock()))
		header := browserHeader()
		header["Authorization"] = []string{"Bearer good"}
		r, _ := request("GET", "/orders/17", header)
		for range 100 {
			g.decide(r)
		}
		decided = testing.AllocsPerRun(1000, func() { g.decide(r) })
		authorization, answer := header["Authorization"], httptest.NewRecorder()
		next := caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return nil })
		arrived := *r
		served = testing.AllocsPerRun(1000, func() {
			*r = arrived
			r.Header["Authorization"] = authorization
			if err := g.ServeHTTP(answer, r, next); err != nil {
				t.Fatal(err)
			}
		})
		return decided, served
	}
	decided, served := count(upstreamJWTs())
	if _, without := count(nil); decided != 0 || served > without {
		t.Errorf("%g allocations to decide, %g to serve and without it %g", decided, served, without)
	}
}
