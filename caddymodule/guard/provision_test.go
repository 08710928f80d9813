package guard

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op"
)

func TestMust084_FaultsOfTheConfiguration(t *testing.T) {
	t.Setenv("GUARD_EMPTY", "")
	for name, test := range map[string]struct {
		guard Guard
		want  string
	}{
		"no audience":         {Guard{}, "audience: is required"},
		"relative audience":   {Guard{Audience: "/api"}, "audience: "},
		"audience fragment":   {Guard{Audience: "https://a.example/#x"}, "audience: "},
		"audience with quote": {Guard{Audience: `https://a.example/"`}, "audience: "},
		"audience unset":      {Guard{Audience: "https://{env.GUARD_UNSET}"}, "audience: "},
		"audience empty":      {Guard{Audience: "https://{env.GUARD_EMPTY}"}, "audience: "},
		"audience wildcard":   {Guard{Audience: "*"}, "audience: "},
		"scope with blank":    {Guard{Scopes: []string{"a b"}}, `scopes: "a b"`},
		"empty scope":         {Guard{Scopes: []string{""}}, `scopes: ""`},
		"identity scope":      {Guard{Scopes: []string{"openid"}}, "scopes: openid"},
		"offline default":     {Guard{DefaultScopes: []string{"offline_access"}}, "default_scopes: offline_access"},
		"scope twice":         {Guard{Scopes: []string{"a", "b", "a"}}, "scopes: a is named twice"},
		"token format":        {Guard{Token: "saml"}, `token: "saml"`},
		"streams policy":      {Guard{Streams: "cut"}, `streams: "cut"`},
		"unknown scope":       {Guard{Scopes: []string{"a"}, Descriptions: map[string]string{"a": "A", "b": "B"}}, "describe b: "},
		"any and named":       {Guard{AnyClient: true, Clients: []string{"a"}}, "clients: "},
		"empty client":        {Guard{Clients: []string{""}}, "clients: "},
		"public everything":   {Guard{Public: []string{"/*"}}, "public /*: "},
		"public star":         {Guard{Public: []string{"*"}}, "public *: "},
		"public middle star":  {Guard{Public: []string{"/a*b"}}, "public /a*b: "},
		"public glob":         {Guard{Public: []string{"/a*"}}, "public /a*: "},
		"public relative":     {Guard{Public: []string{"health"}}, "public health: "},
		"public empty":        {Guard{Public: []string{""}}, "public : "},
		"public dots":         {Guard{Public: []string{"/a/../b"}}, "public /a/../b: "},
		"public encoded":      {Guard{Public: []string{"/%61"}}, "public /%61: "},
		"public matrix":       {Guard{Public: []string{"/a;b/*"}}, "public /a;b/*: "},
		"public double slash": {Guard{Public: []string{"/a//*"}}, "public /a//*: "},
		"public query":        {Guard{Public: []string{"/a?b"}}, "public /a?b: "},
		"header name":         {Guard{Headers: map[string]string{"X User": "sub"}}, "header X User: "},
		"header name colon":   {Guard{Headers: map[string]string{"X:User": "sub"}}, "header X:User: "},
		"header name empty":   {Guard{Headers: map[string]string{"": "sub"}}, "header : "},
		"header newline":      {Guard{Headers: map[string]string{"X\r\nY": "sub"}}, "field name"},
		"header hop-by-hop":   {Guard{Headers: map[string]string{"connection": "sub"}}, "header connection: "},
		"header Host":         {Guard{Headers: map[string]string{"HOST": "sub"}}, "header HOST: "},
		"header credentials":  {Guard{Headers: map[string]string{"Authorization": "sub"}}, "header Authorization: "},
		"header Cookie":       {Guard{Headers: map[string]string{"Cookie": "sub"}}, "header Cookie: "},
		"header framing":      {Guard{Headers: map[string]string{"Content-Length": "sub"}}, "header Content-Length: "},
		"header folded":       {Guard{Headers: map[string]string{"Content_Type": "sub"}}, "header Content_Type: "},
		"header proxy":        {Guard{Headers: map[string]string{"X-Forwarded-For": "sub"}}, "header X-Forwarded-For: "},
		"headers alike":       {Guard{Headers: map[string]string{"X-User": "sub", "x_user": "account"}}, "header x_user: is the same as X-User"},
		"source empty":        {Guard{Headers: map[string]string{"X-User": ""}}, "header X-User: "},
		"source placeholder":  {Guard{Headers: map[string]string{"X-User": "{http.auth.user.id}"}}, "header X-User: "},
		"source internal":     {Guard{Headers: map[string]string{"X-User": "jti"}}, "header X-User: jti"},
		"source of answers":   {Guard{Headers: map[string]string{"X-User": "token_type"}}, "header X-User: token_type"},
		"source misspelled":   {Guard{Headers: map[string]string{"X-User": "Sub"}}, "header X-User: Sub"},
		"realm quote":         {Guard{Realm: `a"b`}, "realm: "},
		"realm newline":       {Guard{Realm: "a\nb"}, "realm: "},
	} {
		t.Run(name, func(t *testing.T) {
			if test.guard.Audience == "" && name != "no audience" {
				test.guard.Audience = testAudience
			}
			_, faults := test.guard.check()
			if err := errors.Join(faults...); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

func TestFaultOfAGuardWithoutAudienceIsPlain(t *testing.T) {
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	defer cancel()
	if err := new(Guard).Provision(ctx); err == nil || !strings.HasPrefix(err.Error(), "openid_guard: audience: is required") {
		t.Errorf("got %v", err)
	}
}

func TestFaultsComeTogether(t *testing.T) {
	g := Guard{Scopes: []string{"a b"}, Token: "saml", Headers: map[string]string{"Host": "sub", "X-A": "jti"}, Public: []string{"x"}}
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	defer cancel()
	err := g.Provision(ctx)
	if err == nil {
		t.Fatal("no fault")
	}
	for _, want := range []string{"audience: ", "scopes: ", "token: ", "header Host: ", "header X-A: ", "public x: ", "no openid_provider is configured"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

func TestGoodConfigurations(t *testing.T) {
	t.Setenv("GUARD_HOST", "api.example.com")
	for _, g := range []Guard{
		{Audience: "https://{env.GUARD_HOST}/orders"},
		{Audience: "urn:example:orders", Token: "jwt", AnyClient: true},
		{Audience: testAudience, Public: []string{"/", "/health", "/a/*", "/über", "/a b"}, Realm: "Orders, please!"},
		{Audience: testAudience, Headers: map[string]string{"X-Forwarded-User": "sub", "REMOTE_USER": "account", "X-R": "https://claims.example/roles"}},
	} {
		uri, faults := g.check()
		if len(faults) > 0 {
			t.Errorf("%+v: %v", g, faults)
		}
		if strings.Contains(uri, "{") {
			t.Errorf("audience %s", uri)
		}
	}
}

func TestJSONRefusesUnknownWords(t *testing.T) {
	for _, word := range []string{"issuer", "introspection", "dpop", "mtls", "upstream"} {
		err := caddy.StrictUnmarshalJSON([]byte(`{"audience":"https://a.example","`+word+`":true}`), new(Guard))
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", word, err)
		}
	}
}

func TestProvisionDeclaresTheResource(t *testing.T) {
	provider := newFakeProvider()
	// One site on two listeners, and a named route invoked twice: the same guard again and again.
	site := `
	openid_guard {
		audience https://{env.GUARD_HOST}
		name Orders
		scopes orders:read
		describe orders:read "See your orders"
		default_scopes orders:list orders:read
		token opaque
		clients web
	}
	respond ok`
	t.Setenv("GUARD_HOST", "api.example.com")
	runSite(t, provider, "", site+"\n}\nhttp://127.0.0.1:"+portOf(freeAddress(t))+" {"+site)
	if len(provider.added) != 2 {
		t.Fatalf("declared %d times", len(provider.added))
	}
	want := Declaration{
		Resource: op.Resource{
			URI: testAudience, Name: "Orders", Scopes: []string{"orders:read", "orders:list"}, DefaultScopes: []string{"orders:list", "orders:read"},
			Descriptions: map[string]string{"orders:read": "See your orders"}, Token: "opaque", Clients: []string{"web"},
		},
		Needed: []string{"orders:read"}, Always: []string{"orders:read"},
	}
	for _, said := range provider.added {
		if diff := cmp.Diff(want, said); diff != "" {
			t.Error(diff)
		}
	}
}

func portOf(address string) string { return address[strings.LastIndex(address, ":")+1:] }

func TestProvisionReportsWhatTheProviderSays(t *testing.T) {
	for name, test := range map[string]struct {
		provider string
		addErr   error
		drop     bool
		want     string
	}{
		"another definition": {"main", errors.New("is defined otherwise by another guard"), false, "audience https://api.example.com: is defined otherwise"},
		"no such provider":   {"other", nil, false, "there is no provider other"},
		"no app":             {"main", nil, true, "no openid_provider is configured"},
	} {
		t.Run(name, func(t *testing.T) {
			provider := newFakeProvider()
			provider.addErr = test.addErr
			theProvider.Store(provider)
			config := adapt(t, siteFile(":"+portOf(freeAddress(t)), "", `openid_guard `+test.provider+` {
				audience `+testAudience+`
			}`))
			if test.drop {
				var parsed map[string]any
				if err := json.Unmarshal(config, &parsed); err != nil {
					t.Fatal(err)
				}
				delete(parsed["apps"].(map[string]any), "openid_provider")
				config, _ = json.Marshal(parsed)
			}
			var parsed caddy.Config
			if err := caddy.StrictUnmarshalJSON(config, &parsed); err != nil {
				t.Fatal(err)
			}
			if err := caddy.Validate(&parsed); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}
