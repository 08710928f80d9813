package upstream

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
)

func TestWhatATokenTells(t *testing.T) {
	w := newWorld(t)
	issued := float64(w.at.Unix())
	service := &grant.Token{
		Kind: grant.KindAccess, TokenType: grant.Bearer, Grant: new(grant.Grant), Issuer: issuer,
		ClientID: "billing", Subject: "billing", Scopes: oauth.Scopes{"orders:read"}, Claims: map[string]any{"name": "nobody's"},
	}
	session := &grant.Token{
		Kind: grant.KindSession, SignedIn: true, Subject: "diana-1", Account: "diana", Username: "Diana",
		AuthTime: time.Unix(1700000000, 0), ACR: "pwd", Claims: map[string]any{"name": "Diana Krall"},
	}
	abroad := person()
	abroad.Grant, abroad.Issuer, abroad.Account = nil, partner, ""
	clientAbroad := &grant.Token{Kind: grant.KindAccess, TokenType: grant.Bearer, Issuer: partner, ClientID: "billing", Subject: "billing"}
	nameless := &grant.Token{Kind: grant.KindAccess, TokenType: grant.Bearer, Issuer: partner}
	// Another instance of the same issuer, which is asked elsewhere: what it says was not found out here.
	claimed := person()
	claimed.Grant = nil
	for name, test := range map[string]struct {
		of   *grant.Token
		want map[string]any
	}{
		"a person": {person(), map[string]any{
			"sub": "diana-1", "client_id": "web", "scope": "orders:read orders:write", "acr": "pwd", "amr": []any{"pwd"}, "auth_time": 1700000000.0,
			"name": "Diana Krall", "groups": []any{"staff"}, "username": "Diana", "account": "diana",
		}},
		"a service": {service, map[string]any{"sub": "billing", "client_id": "billing", "scope": "orders:read"}},
		"a session": {session, map[string]any{
			"sub": "diana-1", "acr": "pwd", "auth_time": 1700000000.0, "name": "Diana Krall", "username": "Diana", "account": "diana",
		}},
		"a person of another issuer": {abroad, map[string]any{
			"sub": partner + "#diana-1", "client_id": partner + "#web", "sub_id": map[string]any{"format": "iss_sub", "iss": partner, "sub": "diana-1"},
			"scope": "orders:read orders:write", "acr": "pwd", "amr": []any{"pwd"}, "auth_time": 1700000000.0,
			"name": "Diana Krall", "groups": []any{"staff"}, "username": "Diana",
		}},
		"a service of another issuer": {clientAbroad, map[string]any{
			"sub": partner + "#billing", "client_id": partner + "#billing", "sub_id": map[string]any{"format": "iss_sub", "iss": partner, "sub": "billing"},
		}},
		"nobody, says another issuer": {nameless, map[string]any{}},
		"somebody, says who has our name": {claimed, map[string]any{
			"sub": issuer + "#diana-1", "client_id": issuer + "#web", "sub_id": map[string]any{"format": "iss_sub", "iss": issuer, "sub": "diana-1"},
			"scope": "orders:read orders:write", "acr": "pwd", "amr": []any{"pwd"}, "auth_time": 1700000000.0,
			"name": "Diana Krall", "groups": []any{"staff"}, "username": "Diana", "account": "diana",
		}},
	} {
		header, got := w.read(t, w.make(t, test.of, wish("name", "groups", "birthdate", "username", "account")))
		if header.Algorithm != "ES256" || header.ExtraHeaders["typ"] != "upstream+jwt" {
			t.Errorf("%s: header %v", name, header)
		}
		if id, _ := got["jti"].(string); len(id) < 22 {
			t.Errorf("%s: jti %q", name, id)
		}
		delete(got, "jti")
		test.want["iss"], test.want["aud"] = issuer, audience
		test.want["iat"], test.want["exp"] = issued, issued+60
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Nothing of another kind is made of it, and it is made of nothing else.
func TestThreat059_ATokenForAnUpstreamIsNoOther(t *testing.T) {
	w := newWorld(t)
	made := w.make(t, person(), wish()).JWT()
	for _, typ := range []string{"", keys.TypeIDToken, keys.TypeAccessToken, keys.TypeIntrospection, keys.TypeLogoutToken, keys.TypeRequestObject} {
		if _, _, err := w.Ring.Verify(t.Context(), made, typ); !errors.Is(err, keys.ErrNotVerified) {
			t.Errorf("as %q: %v", typ, err)
		}
	}
	if _, err := w.Ring.VerifyHint(t.Context(), made); !errors.Is(err, keys.ErrNotVerified) {
		t.Errorf("as a hint: %v", err)
	}
	if _, _, err := w.Ring.Verify(t.Context(), made, keys.TypeUpstream); err != nil {
		t.Errorf("as what it is: %v", err)
	}
	if again := w.make(t, person(), wish()).JWT(); again == made {
		t.Error("two tokens are one")
	}
}

// Whatever people's claims are called, in any case, and whatever the guard asks for: what the token is stays ours to say.
func TestNoClaimOfAPersonStandsForTheProtocols(t *testing.T) {
	w := newWorld(t)
	name := rapid.SampledFrom([]string{
		"iss", "Iss", "aud", "AUD", "exp", "iat", "jti", "sub", "Sub", "sub_id", "Sub_ID", "client_id", "scope", "acr", "amr", "auth_time", "cnf", "nbf", "act",
		"azp", "nonce", "events", "active", "username", "account", "name", "email",
	})
	rapid.Check(t, func(r *rapid.T) {
		names := rapid.SliceOf(name).Draw(r, "asked")
		of := &grant.Token{Kind: grant.KindAccess, Grant: new(grant.Grant), Issuer: issuer, SignedIn: true, Subject: "s", ClientID: "c", Claims: map[string]any{}}
		for _, claim := range rapid.SliceOf(name).Draw(r, "claims") {
			of.Claims[claim] = "forged"
		}
		_, got := w.read(t, w.make(t, of, wish(names...)))
		for claim, value := range got {
			if forged := value == "forged"; forged && (resource.TokenMember(claim) || strings.EqualFold(claim, "sub_id") || claim == "account") {
				t.Fatalf("%s is the person's: %v", claim, got)
			}
		}
		if got["iss"] != issuer || got["aud"] != audience || got["sub"] != "s" || got["client_id"] != "c" {
			t.Fatalf("got %v", got)
		}
	})
}

func TestWhatMakesNoToken(t *testing.T) {
	w := newWorld(t)
	large := person()
	large.Claims["name"] = strings.Repeat("x", maxLength)
	if made, err := w.Make(large, wish("name")); !errors.Is(err, ErrTooLarge) || made != nil {
		t.Errorf("too much for a header: %v", err)
	}
	large.Claims["name"] = strings.Repeat("x", keys.MaxJWS)
	if _, err := w.Make(large, wish("name")); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too much for a JWS: %v", err)
	}
	unknown := person()
	unknown.Grant, unknown.Issuer = nil, ""
	if _, err := w.Make(unknown, wish()); !errors.Is(err, errWhose) {
		t.Errorf("of nobody knows whom: %v", err)
	}
	w.Alg = keys.EdDSA
	if made, err := w.Make(person(), wish()); !errors.Is(err, keys.ErrNoKey) || errors.Is(err, ErrTooLarge) || made != nil {
		t.Errorf("without a key: %v", err)
	}
}

func BenchmarkMake(b *testing.B) {
	w := newWorld(b)
	of, what := person(), wish("name", "groups")
	b.ReportAllocs()
	for b.Loop() {
		w.make(b, of, what)
	}
}
