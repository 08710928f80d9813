package oauth_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func TestScopesAreASetInOrder(t *testing.T) {
	scopes, err := oauth.ParseScopes("  openid  email openid orders:read ")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(oauth.Scopes{"openid", "email", "orders:read"}, scopes); diff != "" {
		t.Error(diff)
	}
	if got := scopes.Only(oauth.Scopes{"orders:read", "openid"}).String(); got != "openid orders:read" {
		t.Errorf("Only: %q", got)
	}
	if got := scopes.Without(oauth.IdentityScopes).String(); got != "orders:read" {
		t.Errorf("Without: %q", got)
	}
	if got := (oauth.Scopes{"a"}).Union(oauth.Scopes{"b", "a"}).String(); got != "a b" {
		t.Errorf("Union: %q", got)
	}
	if none, err := oauth.ParseScopes(""); none != nil || err != nil {
		t.Errorf("no scope: %v, %v", none, err)
	}
}

func TestScopesThatAreRefused(t *testing.T) {
	for name, scope := range map[string]string{
		"quote": `a"b`, "backslash": `a\b`, "control": "a\x00", "tab": "a\tb", "non-ASCII": "é", "too many": strings.Join(manyNames(101), " "),
	} {
		if _, err := oauth.ParseScopes(scope); oauth.AsError(err).Code != "invalid_scope" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func manyNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("s%d", i)
	}
	return names
}

func TestScopeAlgebra(t *testing.T) {
	names := rapid.SliceOfDistinct(rapid.StringMatching(`[a-f]`), func(s string) string { return s })
	rapid.Check(t, func(t *rapid.T) {
		a, b := oauth.Scopes(names.Draw(t, "a")), oauth.Scopes(names.Draw(t, "b"))
		if !a.HasAll(a.Only(b)) || !b.HasAll(a.Only(b)) {
			t.Fatal("Only is no intersection")
		}
		if len(a.Without(b).Only(b)) != 0 {
			t.Fatal("Without leaves some")
		}
		if union := a.Union(b); !union.HasAll(a) || !union.HasAll(b) || !union.Equal(b.Union(a)) {
			t.Fatal("Union is no union")
		}
	})
}

// The verifier and challenge of RFC 7636 appendix B.
const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

func TestThreat015_OnlyS256(t *testing.T) {
	tests := []struct{ name, challenge, method, code string }{
		{"S256", challenge, "S256", ""},
		{"none at all", "", "", ""},
		{"omitted method means plain", challenge, "", "invalid_request"},
		{"plain", challenge, "plain", "invalid_request"},
		{"lower case", challenge, "s256", "invalid_request"},
		{"method without challenge", "", "S256", "invalid_request"},
		{"too short", challenge[1:], "S256", "invalid_request"},
		{"padded", challenge + "=", "S256", "invalid_request"},
		{"line break inside", challenge[:20] + "\n" + challenge[20:], "S256", "invalid_request"},
		{"loose tail bits", challenge[:42] + "N", "S256", "invalid_request"},
	}
	for _, test := range tests {
		_, err := oauth.ParseChallenge(test.challenge, test.method)
		switch {
		case test.code == "" && err != nil:
			t.Errorf("%s: %v", test.name, err)
		case test.code != "" && oauth.AsError(err).Code != test.code:
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestMust027_TheVerifierProvesTheChallenge(t *testing.T) {
	c, err := oauth.ParseChallenge(challenge, "S256")
	if err != nil {
		t.Fatal(err)
	}
	if !c.Proves(verifier) {
		t.Error("the right verifier is refused")
	}
	for name, wrong := range map[string]string{
		"empty": "", "the challenge itself": challenge, "42 characters": verifier[:42], "129 characters": strings.Repeat("a", 129), "other": strings.Repeat("a", 43), "space": verifier[:42] + " ",
	} {
		if c.Proves(wrong) {
			t.Errorf("%s: accepted", name)
		}
	}
	if oauth.Challenge("").Proves(verifier) {
		t.Error("no challenge is proven by any verifier")
	}
}

func TestPrompts(t *testing.T) {
	prompts, err := oauth.ParsePrompts("login consent login")
	if err != nil || len(prompts) != 2 || !prompts.Has(oauth.PromptLogin) || prompts.Has(oauth.PromptNone) {
		t.Errorf("%v, %v", prompts, err)
	}
	for _, bad := range []string{"none login", "create", "NONE"} {
		if _, err := oauth.ParsePrompts(bad); oauth.AsError(err).Code != "invalid_request" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestBearer(t *testing.T) {
	for header, want := range map[string]string{
		"Bearer abc.d-e_f~g+h/i==": "abc.d-e_f~g+h/i==", "bearer abc": "abc", "BEARER  abc": "abc",
		"Bearer": "", "Bearer ": "", "Bearer a b": "", "Bearer a,b": "", "Bearer =": "", "Bearer a=b": "", "Basic abc": "", "Bearerabc": "", "": "", "Bearer \x00": "",
	} {
		token, ok := oauth.ParseBearer(header)
		if ok != (want != "") || (ok && token != want) {
			t.Errorf("%q: %q, %v", header, token, ok)
		}
	}
}

func basic(joined string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(joined)) }

func TestThreat029_BasicIsReadStrictly(t *testing.T) {
	id, secret, ok, err := oauth.ParseBasic(basic("web%20shop:p%3Aw+d%25"))
	if id != "web shop" || secret != "p:w d%" || !ok || err != nil {
		t.Errorf("%q %q %v %v", id, secret, ok, err)
	}
	if _, _, ok, err := oauth.ParseBasic("Bearer abc"); ok || err != nil {
		t.Errorf("Bearer read as Basic: %v %v", ok, err)
	}
	for name, header := range map[string]string{
		"malformed percent": basic("web:%zz"), "no colon": basic("web"), "no id": basic(":secret"), "not base64": "Basic ***", "two blanks": "Basic  " + basic("a:b")[6:],
		"url alphabet": "Basic _-_-", "line break": basic("web:secret")[:12] + "\n" + basic("web:secret")[12:], "nothing": "Basic",
	} {
		if _, _, ok, err := oauth.ParseBasic(header); !ok || oauth.AsError(err).Code != "invalid_request" {
			t.Errorf("%s: %v %v", name, ok, err)
		}
	}
}

// A decoder's error quotes what it could not read.
func TestThreat117_MalformedBasicPutsNoSecretIntoTheLog(t *testing.T) {
	for _, credentials := range []string{"web:abc%qz", "web:100%", "%qz:secret", "web:s%3", "abc%qz"} {
		_, _, _, err := oauth.ParseBasic(basic(credentials))
		if err == nil {
			t.Fatalf("%s was read", credentials)
		}
		if logged := err.Error(); strings.Contains(logged, "%") {
			t.Errorf("logged: %s", logged)
		}
	}
}

func FuzzParseBasic(f *testing.F) {
	f.Add(basic("web:secret"))
	f.Add("Basic dzolJTI1")
	f.Fuzz(func(t *testing.T, header string) {
		id, _, ok, err := oauth.ParseBasic(header)
		if ok && err == nil && id == "" {
			t.Fatal("credentials without an id are accepted")
		}
		if !ok && err != nil {
			t.Fatal("another scheme is an error")
		}
	})
}

func TestResourcesCompareNormalised(t *testing.T) {
	for uri, want := range map[string]string{
		"HTTPS://API.example.com:443/": "https://api.example.com", "https://api.example.com/Orders": "https://api.example.com/Orders",
		"http://a.example:80": "http://a.example", "https://[::1]:443/x": "https://[::1]/x", "https://a.example/?q": "https://a.example/?q", "urn:example:api": "urn:example:api",
	} {
		if got, err := oauth.NormalizeResource(uri); got != want || err != nil {
			t.Errorf("%q: %q, %v", uri, got, err)
		}
	}
	for _, uri := range []string{"", "/orders", "api.example.com", "https://a.example/#", "https://a.example/#x", "https://u@a.example", "https://", "https://a b", "https://a\\b"} {
		if got, err := oauth.NormalizeResource(uri); err == nil {
			t.Errorf("%q is a resource: %q", uri, got)
		}
	}
}

func TestThreat080_WhatTheClientIsTold(t *testing.T) {
	private := errors.New("dial tcp 10.0.0.1: secret detail")
	tests := []struct {
		name   string
		err    error
		code   string
		status int
	}{
		{"a refusal", fmt.Errorf("redeem: %w", oauth.InvalidGrant("code is not valid", private)), "invalid_grant", http.StatusBadRequest},
		{"a store that does not answer", fmt.Errorf("%w: %w", oauth.ErrUnavailable, private), "temporarily_unavailable", http.StatusServiceUnavailable},
		{"a refusal whose write failed", oauth.InvalidGrant("code is not valid", oauth.ErrUnavailable), "temporarily_unavailable", http.StatusServiceUnavailable},
		{"anything else", private, "server_error", http.StatusInternalServerError},
	}
	for _, test := range tests {
		refusal := oauth.AsError(test.err)
		if refusal.Code != test.code || refusal.Status != test.status || strings.Contains(refusal.Description, "secret") {
			t.Errorf("%s: %+v", test.name, refusal)
		}
		if !errors.Is(refusal, private) && test.name != "a refusal whose write failed" {
			t.Errorf("%s: the log does not learn the cause", test.name)
		}
		if refusal.Ours() != (test.status >= 500) {
			t.Errorf("%s: whose fault is it?", test.name)
		}
	}
}

func TestDescriptionsAreSafe(t *testing.T) {
	constructors := []func(string, error) *oauth.Error{
		oauth.InvalidRequest, oauth.InvalidClient, oauth.InvalidGrant, oauth.UnauthorizedClient, oauth.UnsupportedGrantType, oauth.UnsupportedResponseType,
		oauth.InvalidScope, oauth.InvalidTarget, oauth.AccessDenied, oauth.LoginRequired, oauth.ConsentRequired,
		oauth.InvalidToken, oauth.InsufficientScope,
		oauth.MethodNotAllowed, oauth.TooManyRequests,
	}
	for _, construct := range constructors {
		refusal := construct("said", errors.New("private"))
		if refusal.Code == "" || refusal.Status < 400 || refusal.Status > 499 || refusal.Description != "said" {
			t.Errorf("%+v", refusal)
		}
		if want := refusal.Code + ": said: private"; refusal.Error() != want {
			t.Errorf("%q", refusal.Error())
		}
	}
}
