package guard

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/seed-5b16f944/gatehouse/op"
)

func TestSourcesToJSON(t *testing.T) {
	g, err := unmarshal(`openid_guard {
		audience https://api.example.com
		issuer https://login.partner.example {
			algs ES256 PS256
			typ at+jwt JWT
			jwks_uri https://login.partner.example/keys
		}
		issuer https://other.example
		outbound {
			allow 10.0.0.0/8
			allow 192.168.0.1
		}
	}`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"issuers":[{"issuer":"https://login.partner.example","algs":["ES256","PS256"],"typ":["at+jwt","JWT"],` +
		`"jwks_uri":"https://login.partner.example/keys"},{"issuer":"https://other.example"}],` +
		`"outbound":{"allow":["10.0.0.0/8","192.168.0.1"]},"audience":"https://api.example.com"}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestSourceFaultsNameTheWord(t *testing.T) {
	for text, want := range map[string]string{
		"issuer":                                     "wrong argument count or unexpected line ending after 'issuer'",
		"issuer a b":                                 "wrong argument count",
		"issuer a {\n algs\n}":                       "after 'algs'",
		"issuer a {\n algs X {\n y\n}\n}":            "after 'algs'",
		"issuer a {\n algs X\n algs Y\n}":            "algs stands twice in one issuer",
		"issuer a {\n jwks_uri b c\n}":               "after 'jwks_uri'",
		"issuer a {\n audience b\n}":                 `unknown word 'audience' in issuer; the words are: algs, jwks_uri, typ`,
		"outbound b":                                 "wrong argument count",
		"outbound {\n proxy b\n}":                    "unknown word 'proxy' in outbound",
		"outbound {\n allow a\n}\noutbound {\n}":     "outbound stands twice",
		"issuer a {\n jwks b\n}\nissuer c\ncookies":  `unknown word 'cookies'`,
		"issuer a {\n jwks b\n typ\n}\naudience d e": "after 'typ'",
	} {
		if _, err := unmarshal("openid_guard {\n" + text + "\n}"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// provisioned is the error of a guard, in a configuration without a provider.
func provisioned(t *testing.T, text string) (*Guard, error) {
	t.Helper()
	g, err := unmarshal("openid_guard {\naudience " + testAudience + "\n" + text + "\n}")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	defer cancel()
	t.Cleanup(func() { _ = g.Cleanup() })
	return g, g.Provision(ctx)
}

func TestMust084_FaultsOfSources(t *testing.T) {
	for text, want := range map[string]string{
		"issuer http://a.example":                            "issuer http://a.example: issuer: is not an https URL",
		"issuer https://a.example {\n algs none\n}":          `issuer https://a.example: algs: "none"`,
		"issuer https://a.example {\n typ *\n}":              `issuer https://a.example: typ: "*"`,
		"issuer https://a.example {\n jwks_uri x\n}":         "issuer https://a.example: jwks_uri: ",
		"issuer https://a.example\nissuer https://a.example": "issuer https://a.example: stands twice",
		"issuer https://a.example\noutbound {\n allow x\n}":  `outbound: allow: "x"`,
		"outbound {\n allow 10.0.0.0/8\n}":                   "outbound: there is nobody to ask",
		"issuer https://a.example\nclients web":              "clients: is for a provider of this Caddy",
		"issuer https://a.example\ntoken jwt":                "token: is for a provider of this Caddy",
		"issuer https://a.example\ndefault_scopes a":         "default_scopes: is for a provider of this Caddy",
	} {
		if _, err := provisioned(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestAGuardNeedsNoProviderWhereOthersIssueTokens(t *testing.T) {
	g, err := provisioned(t, "issuer https://a.example\nscopes orders:read\nheader X-User-Id sub")
	if err != nil {
		t.Fatal(err)
	}
	r, _ := request("GET", "/orders", bearer("no token"))
	var up upstream
	if status, _ := serve(g, r, &up); status != 400 && status != 401 || up.hits.Load() != 0 {
		t.Errorf("status %d, %d hits", status, up.hits.Load())
	}
	if _, err := provisioned(t, ""); err == nil || !strings.Contains(err.Error(), "no openid_provider is configured") {
		t.Errorf("got %v", err)
	}
	named := Guard{Provider: "main", Audience: testAudience, Issuers: []*Issuer{{Issuer: "https://a.example"}}}
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	defer cancel()
	if err := named.Provision(ctx); err == nil || !strings.Contains(err.Error(), "no openid_provider is configured") {
		t.Errorf("a provider that is named: %v", err)
	}
}

// With the provider alone, nothing stands between the guard and it.
func TestTheProviderAloneIsAskedDirectly(t *testing.T) {
	provider := newFakeProvider()
	if g := assembled(t, Guard{}, provider); g.source != op.Source(provider) {
		t.Errorf("the source is a %T", g.source)
	}
	other := newFakeProvider()
	g := assembled(t, Guard{others: []op.IssuedBy{{Source: other, Issuer: "https://a.example"}}}, provider)
	if _, ok := g.source.(*op.Sources); !ok {
		t.Errorf("the source is a %T", g.source)
	}
	if g := assembled(t, Guard{others: []op.IssuedBy{{Source: other}}}, nil); g.source != op.Source(other) {
		t.Errorf("the source is a %T", g.source)
	}
}

// The facts come from whoever issued the token, the judgment is the guard's own.
func TestThreat058_TokensOfOthersAreJudgedAlike(t *testing.T) {
	provider, other := newFakeProvider(), newFakeProvider()
	g := assembled(t, Guard{
		Scopes: []string{"orders:read"}, Headers: map[string]string{"X-User-Id": "sub", "X-Issuer": "iss"},
		others: []op.IssuedBy{{Source: other, Issuer: "https://a.example"}},
	}, provider)
	good := person("diana", "orders:read")
	good.Issuer = "https://a.example"
	other.give("good", good)
	elsewhere, narrow, bound := person("diana", "orders:read"), person("diana"), person("diana", "orders:read")
	elsewhere.Audience, bound.TokenType = []string{"https://other.example"}, "DPoP"
	other.give("elsewhere", elsewhere)
	other.give("narrow", narrow)
	other.give("bound", bound)
	for token, want := range map[string]int{"good": 204, "elsewhere": 401, "narrow": 403, "bound": 401, "unknown": 401} {
		r, _ := request("GET", "/orders", bearer(token))
		r.Header.Set("X-Issuer", "forged")
		var up upstream
		status, _ := serve(g, r, &up)
		if passed := up.hits.Load() == 1; status != want || passed != (want == 204) {
			t.Errorf("%s: status %d, passed %t", token, status, passed)
		}
		if want == 204 && (up.last.Header.Get("X-Issuer") != "https://a.example" || up.last.Header.Get("X-User-Id") != "diana") {
			t.Errorf("headers %v", up.last.Header)
		}
	}
	other.ask = func(context.Context, string) (*op.Token, error) { return nil, unavailable }
	r, _ := request("GET", "/orders", bearer("good"))
	var up upstream
	if status, _ := serve(g, r, &up); status != 503 || up.hits.Load() != 0 {
		t.Errorf("an outage: status %d, %d hits", status, up.hits.Load())
	}
}

// A stream is judged by whom its request was.
func TestStreamsAskTheSameSource(t *testing.T) {
	provider, other := newFakeProvider(), newFakeProvider()
	g := assembled(t, Guard{others: []op.IssuedBy{{Source: other, Issuer: "https://a.example"}}}, provider)
	token := other.give("t", person("diana"))
	s := &stream{bearer: "t", route: g.rules.base}
	s.token.Store(token)
	if err := g.judgeStream(t.Context(), s); err != nil {
		t.Error(err)
	}
	other.give("t", service())
	other.tokens["t"].Audience = []string{"https://other.example"}
	if err := g.judgeStream(t.Context(), s); !errors.Is(err, op.ErrInactive) {
		t.Errorf("another audience: %v", err)
	}
	delete(other.tokens, "t")
	if err := g.judgeStream(t.Context(), s); !errors.Is(err, op.ErrInactive) {
		t.Errorf("a dead token: %v", err)
	}
}

func TestNamesakesAreWarnedOf(t *testing.T) {
	for name, test := range map[string]struct {
		headers map[string]string
		allow   []Allow
		warned  int
	}{
		"a person":            {map[string]string{"X-User-Id": "sub"}, nil, 1},
		"a person, and whose": {map[string]string{"X-User-Id": "sub", "X-Issuer": "iss"}, nil, 0},
		"nobody":              {map[string]string{"X-Client-Id": "client_id"}, nil, 0},
		"people of here":      {nil, []Allow{{Users: []string{"diana"}}}, 0},
		"what others say":     {nil, []Allow{{Users: []string{"diana"}}, {Claim: "groups", Values: []string{"admins"}}}, 1},
		"clients of others":   {map[string]string{"X-User-Id": "sub"}, []Allow{{Clients: []string{"backup"}}}, 2},
	} {
		core, logs := observer.New(zap.WarnLevel)
		g := Guard{Headers: test.headers, Allow: test.allow, logger: zap.New(core), others: []op.IssuedBy{{Source: newFakeProvider(), Issuer: "https://a.example"}}}
		if g.sources(newFakeProvider()); logs.Len() != test.warned {
			t.Errorf("%s: %v", name, logs.All())
		}
	}
}

// A client that comes without a token learns where it gets one, also where no provider of this Caddy gives any.
func TestTheDocumentOfTheResourceNamesAllIssuers(t *testing.T) {
	g, err := provisioned(t, "issuer https://a.example\nissuer https://b.example\nintrospect https://c.example/i {\n client_id g\n secret s\n issuer https://b.example\n}\nscopes read\nrequire acr urn:of:theirs")
	if err != nil {
		t.Fatal(err)
	}
	r, _ := request("GET", "/", nil)
	_, header := serve(g, r, new(upstream))
	const at = testAudience + "/.well-known/oauth-protected-resource"
	if !strings.Contains(header.Get("WWW-Authenticate"), `resource_metadata="`+at+`"`) {
		t.Errorf("challenge %s", header.Get("WWW-Authenticate"))
	}
	r, _ = request("GET", at, nil)
	recorder := httptest.NewRecorder()
	if err := g.ServeHTTP(recorder, r, new(upstream)); err != nil {
		t.Fatal(err)
	}
	want := `{"resource":"` + testAudience + `","authorization_servers":["https://a.example","https://b.example"],"scopes_supported":["read"],"bearer_methods_supported":["header"]}`
	if got := strings.TrimSpace(recorder.Body.String()); got != want {
		t.Errorf("got %s", got)
	}
}
