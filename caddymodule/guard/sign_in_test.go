package guard

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op"
)

// saml is the other name of a sign-in by password.
const saml = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"

// vaultGuard asks for more in some places, at a time that tests set.
func vaultGuard(t testing.TB, provider Provider, now *time.Time) *Guard {
	t.Helper()
	g := assembled(t, Guard{
		Scopes: []string{"shop"}, ACRValues: []string{"pwd", saml}, MaxAge: caddy.Duration(8 * time.Hour),
		Require: []Requirement{
			{Path: "/vault/*", Scopes: []string{"vault"}, ACRValues: []string{saml}},
			{Path: "/vault/keys/*", MaxAge: caddy.Duration(5 * time.Minute)},
			{Method: "DELETE", Path: "/*", MaxAge: caddy.Duration(time.Minute)},
		},
	}, provider)
	g.now = func() time.Time { return *now }
	return g
}

func TestStepUpChallenges(t *testing.T) {
	provider := newFakeProvider()
	signedIn := time.Unix(1700000000, 0)
	give := func(bearer, acr string, scopes ...string) {
		token := person("diana", scopes...)
		token.ACR, token.AuthTime = acr, signedIn
		provider.give(bearer, token)
	}
	give("pwd", "pwd", "shop", "vault")
	give("saml", saml, "shop", "vault")
	give("narrow", "pwd", "shop")
	give("wide", saml, "shop")
	give("none", "", "shop", "vault")
	timeless := person("diana", "shop", "vault")
	timeless.AuthTime = time.Time{}
	provider.give("timeless", timeless)
	provider.give("service", service("shop", "vault"))
	const everywhere, inVault = `acr_values="pwd ` + saml + `", max_age="28800"`, `acr_values="` + saml + `", max_age="28800"`
	for _, test := range []struct {
		method, path, token string
		after               time.Duration
		status              int
		needs               string // the end of the challenge
	}{
		{"GET", "/", "pwd", time.Hour, 204, ""},
		{"GET", "/", "saml", 8 * time.Hour, 204, ""},
		{"GET", "/", "pwd", 8*time.Hour + time.Second, 401, `scope="shop", ` + everywhere},
		{"GET", "/", "pwd", -time.Minute, 204, ""}, // another clock
		{"GET", "/", "none", 0, 401, `scope="shop", ` + everywhere},
		{"GET", "/", "timeless", 0, 401, `scope="shop", ` + everywhere},
		{"GET", "/", "service", 0, 401, `scope="shop", ` + everywhere},
		{"GET", "/vault", "pwd", 0, 401, `scope="shop vault", ` + inVault},
		{"GET", "/vault/1", "saml", 0, 204, ""},
		{"GET", "/vault/1", "narrow", 0, 401, `scope="shop vault", ` + inVault},
		{"GET", "/vault/1", "wide", 0, 403, `scope="shop vault", ` + inVault},
		{"GET", "/vault/keys/1", "saml", 5 * time.Minute, 204, ""},
		{"GET", "/vault/keys/1", "saml", 5*time.Minute + 1, 401, `scope="shop vault", acr_values="` + saml + `", max_age="300"`},
		{"DELETE", "/vault/keys", "saml", 2 * time.Minute, 401, `scope="shop vault", acr_values="` + saml + `", max_age="60"`},
		{"DELETE", "/x", "pwd", time.Minute, 204, ""},
		{"purge", "/x", "pwd", 2 * time.Minute, 401, `scope="shop", acr_values="pwd ` + saml + `", max_age="60"`},
	} {
		now := signedIn.Add(test.after)
		r, _ := request(test.method, test.path, bearer(test.token))
		var up upstream
		status, header := serve(vaultGuard(t, provider, &now), r, &up)
		if status != test.status || (up.hits.Load() == 1) != (status == 204) {
			t.Errorf("%s %s as %s after %s: %d, %d hits", test.method, test.path, test.token, test.after, status, up.hits.Load())
		}
		says := header.Get("WWW-Authenticate")
		if !strings.HasSuffix(says, test.needs) || strings.Contains(says, `error="insufficient_user_authentication"`) != (status == 401) {
			t.Errorf("%s %s as %s after %s: %s", test.method, test.path, test.token, test.after, says)
		}
	}
}

// Who decides on what a decision says sees what was asked for, and that it was the sign-in that was not enough.
func TestADecisionTellsItsRoute(t *testing.T) {
	provider := newFakeProvider()
	provider.give("pwd", person("diana", "shop", "vault"))
	now := time.Unix(1700000000, 0)
	g := vaultGuard(t, provider, &now)
	for _, test := range []struct {
		path   string
		header http.Header
		stepUp bool
	}{{"/vault/keys", bearer("pwd"), true}, {"/vault/keys", bearer("dead"), false}, {"/vault/keys", nil, false}, {"/x", bearer("pwd"), false}} {
		r, _ := request("GET", test.path, test.header)
		d := g.decide(r)
		if d.route != g.rules.of("GET", test.path) || (d.refusal == &d.route.stepUp) != test.stepUp {
			t.Errorf("%s %v: %+v", test.path, test.header, d)
		}
	}
	want := signIn{acr: []string{saml}, maxAge: 5 * time.Minute}
	if diff := cmp.Diff(want, g.rules.of("GET", "/vault/keys").signIn, cmp.AllowUnexported(signIn{})); diff != "" {
		t.Error(diff)
	}
}

func TestFaultsOfSignIns(t *testing.T) {
	for name, test := range map[string]struct {
		guard Guard
		want  string
	}{
		"no such sign-in":     {Guard{ACRValues: []string{"phr", "phrh"}}, "acr: no sign-in here is phr or phrh; there are: pwd, "},
		"a value with blanks": {Guard{ACRValues: []string{"pwd", "a b"}}, `acr: "a b"`},
		"a value twice":       {Guard{ACRValues: []string{"pwd", "pwd"}}, "acr: pwd is named twice"},
		"a part of a second":  {Guard{MaxAge: caddy.Duration(time.Millisecond)}, "max_age: must be whole seconds"},
		"a negative age":      {Guard{MaxAge: caddy.Duration(-time.Second)}, "max_age: "},
		"in a requirement":    {Guard{Require: []Requirement{{Path: "/a", ACRValues: []string{"phr"}}}}, "require /a: acr: no sign-in here is phr"},
		"an age there":        {Guard{Require: []Requirement{{Path: "/a", MaxAge: 1}}}, "require /a: max_age: "},
		"nothing in common": {
			Guard{ACRValues: []string{"pwd"}, Require: []Requirement{{Path: "/a", ACRValues: []string{saml}}}},
			"require /a: acr: no value stands in all lists",
		},
		"nothing in common among requirements": {
			Guard{Require: []Requirement{{Path: "/a/*", ACRValues: []string{"pwd"}}, {Method: "PUT", Path: "/a/b", ACRValues: []string{saml}}}},
			"require PUT /a/b: acr: no value stands in all lists",
		},
	} {
		test.guard.Audience = testAudience
		_, faults := test.guard.check()
		if len(faults) != 1 || !strings.Contains(faults[0].Error(), test.want) {
			t.Errorf("%s: %v", name, errors.Join(faults...))
		}
	}
	good := Guard{Audience: testAudience, ACRValues: []string{"pwd", "phr"}, Require: []Requirement{
		{Path: "/a", ACRValues: []string{"phr", "pwd"}}, {Path: "/b", MaxAge: caddy.Duration(time.Second)},
	}}
	if _, faults := good.check(); len(faults) > 0 {
		t.Error(errors.Join(faults...))
	}
}

// A stream goes on no longer than a new request would.
func TestMust075_AStreamEndsWhenItsSignInIsTooOld(t *testing.T) {
	provider := newFakeProvider()
	token := person("diana", "shop")
	provider.give("good", token)
	now := token.AuthTime.Add(time.Minute)
	g := vaultGuard(t, provider, &now)
	r, _ := request("GET", "/", bearer("good"))
	d := g.decide(r)
	s := &stream{bearer: d.bearer, route: d.route}
	s.token.Store(d.token)
	if err := g.judgeStream(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	now = token.AuthTime.Add(9 * time.Hour)
	if err := g.judgeStream(context.Background(), s); !errors.Is(err, op.ErrInactive) {
		t.Errorf("goes on: %v", err)
	}
}
