package guard

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/google/go-cmp/cmp"
)

func TestUpstreamTokenToJSON(t *testing.T) {
	for text, want := range map[string]string{
		"upstream_token jwt": `{"audience":"https://api.example.com","upstream_token":{"format":"jwt"}}`,
		"upstream_token jwt {\naudience https://orders.internal\nheader X-Orders-Token\nlifetime 2m\nclaims email groups\n}": `{"audience":"https://api.example.com",` +
			`"upstream_token":{"format":"jwt","audience":"https://orders.internal","header":"X-Orders-Token","lifetime":120000000000,"claims":["email","groups"]}}`,
	} {
		g, err := unmarshal("openid_guard {\naudience " + testAudience + "\n" + text + "\n}")
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(g)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Error(diff)
		}
		var again Guard
		if err := caddy.StrictUnmarshalJSON(got, &again); err != nil {
			t.Error(err)
		}
	}
}

func TestUpstreamTokenIsReadStrictly(t *testing.T) {
	for text, want := range map[string]string{
		"upstream_token":                              "wrong argument count or unexpected line ending after 'upstream_token'",
		"upstream_token jwt opaque":                   "wrong argument count",
		"upstream_token jwt\nupstream_token jwt":      "upstream_token stands twice in one openid_guard",
		"upstream_token jwt {\nissuer a\n}":           `unknown word 'issuer' in upstream_token; the words are: audience, claims, header, lifetime`,
		"upstream_token jwt {\naudience\n}":           "after 'audience'",
		"upstream_token jwt {\naudience a b\n}":       "after 'audience'",
		"upstream_token jwt {\nclaims\n}":             "after 'claims'",
		"upstream_token jwt {\nlifetime soon\n}":      "after 'lifetime'",
		"upstream_token jwt {\nlifetime 0\n}":         "after 'lifetime'",
		"upstream_token jwt {\nheader A\nheader B\n}": "header stands twice in one upstream_token",
		"upstream_token jwt {\nheader A {\nb\n}\n}":   "after 'header'",
	} {
		if _, err := unmarshal("openid_guard {\n" + text + "\n}"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestMust084_FaultsOfUpstreamTokens(t *testing.T) {
	named := func(told UpstreamToken) Guard { return Guard{UpstreamToken: &told} }
	for name, test := range map[string]struct {
		guard Guard
		want  string
	}{
		"another format":     {named(UpstreamToken{Format: "saml"}), `upstream_token: "saml" is not a format`},
		"both in one header": {Guard{ForwardToken: true, UpstreamToken: upstreamJWTs()}, "upstream_token: takes the place of the caller's Authorization header"},
		"the same by name":   {Guard{ForwardToken: true, UpstreamToken: inHeader("authorization")}, "upstream_token: takes the place"},
		"a reserved header":  {named(UpstreamToken{Header: "Cookie"}), "upstream_token: header Cookie: has a meaning of its own"},
		"no header":          {named(UpstreamToken{Header: "X Y"}), "upstream_token: header X Y: is not a field name"},
		"a header twice":     {Guard{Headers: map[string]string{"X_Token": "sub"}, UpstreamToken: inHeader("X-Token")}, "upstream_token: header X-Token: is that of header X_Token"},
		"a relative URI":     {named(UpstreamToken{Audience: "orders"}), "upstream_token: audience: "},
		"an unset one":       {named(UpstreamToken{Audience: "https://{env.GUARD_UNSET}"}), "upstream_token: audience: "},
		"a fragment":         {named(UpstreamToken{Audience: "https://a.example/#b"}), "upstream_token: audience: "},
		"too short":          {Guard{UpstreamToken: lived(1)}, "upstream_token: lifetime: "},
		"too long":           {Guard{UpstreamToken: lived(1e15)}, "upstream_token: lifetime: "},
		"a protocol's claim": {named(UpstreamToken{Claims: []string{"scope"}}), "upstream_token: claims: scope belongs to the protocol"},
		"an internal claim":  {named(UpstreamToken{Claims: []string{"at_hash"}}), `upstream_token: claims: at_hash belongs to the protocol`},
		"a placeholder":      {named(UpstreamToken{Claims: []string{"{env.X}"}}), `upstream_token: claims: "{env.X}" is not the name of a claim`},
		"a claim twice":      {named(UpstreamToken{Claims: []string{"email", "email"}}), "upstream_token: claims: email is named twice"},
		"of nobody knows whom": {
			Guard{Introspect: []*Introspection{{Endpoint: "https://as.example/i"}}, UpstreamToken: upstreamJWTs()},
			"upstream_token: introspect https://as.example/i: needs issuer",
		},
	} {
		test.guard.Audience = testAudience
		_, faults := test.guard.check()
		if err := errors.Join(faults...); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
	for name, good := range map[string]Guard{
		"by itself":                         {UpstreamToken: upstreamJWTs()},
		"beside the caller's":               {ForwardToken: true, UpstreamToken: inHeader("X-Token")},
		"a claim that a header tells, too":  {Headers: map[string]string{"X-Email": "email"}, UpstreamToken: &UpstreamToken{Claims: []string{"email"}}},
		"headers that every token tells of": {Headers: map[string]string{"A": "sub", "B": "scope", "C": "iss", "D": "acr"}, UpstreamToken: upstreamJWTs()},
		"of an issuer that is known": {
			Introspect: []*Introspection{{Endpoint: "https://as.example/i", Issuer: "https://as.example"}}, UpstreamToken: upstreamJWTs(),
		},
	} {
		good.Audience = testAudience
		if _, faults := good.check(); len(faults) > 0 {
			t.Errorf("%s: %v", name, faults)
		}
	}
}

// The keys are a provider's. Without one there is nobody to sign, and nowhere to find the keys.
func TestUpstreamTokensNeedAProvider(t *testing.T) {
	if _, err := provisioned(t, "issuer https://a.example\nupstream_token jwt"); err == nil ||
		!strings.Contains(err.Error(), "upstream_token: is for a provider of this Caddy, and the guard has none") {
		t.Errorf("got %v", err)
	}
}

func TestTheProviderIsAskedAboutTheAudience(t *testing.T) {
	provider := diana()
	theProvider.Store(provider)
	config := adapt(t, siteFile(":"+portOf(freeAddress(t)), "", "openid_guard {\naudience "+testAudience+"\nupstream_token jwt {\naudience "+testIssuer+"\n}\n}"))
	var parsed caddy.Config
	if err := caddy.StrictUnmarshalJSON(config, &parsed); err != nil {
		t.Fatal(err)
	}
	if err := caddy.Validate(&parsed); err == nil || !strings.Contains(err.Error(), "upstream_token: audience: is the issuer") {
		t.Errorf("got %v", err)
	}
	if provider.passports.Load() != 0 {
		t.Error("validating makes tokens")
	}
}
