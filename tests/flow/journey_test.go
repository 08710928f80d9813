package flow

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// library is a relying party made of go-oidc and x/oauth2, as their readers write it.
type library struct {
	ctx      context.Context
	provider *oidc.Provider
	config   oauth2.Config
	verifier *oidc.IDTokenVerifier
}

func (h *house) library(t testing.TB, client string, scopes ...string) library {
	t.Helper()
	ctx := oidc.ClientContext(t.Context(), h.back)
	provider, err := oidc.NewProvider(ctx, h.issuer)
	if err != nil {
		t.Fatal(err)
	}
	return library{
		ctx: ctx, provider: provider,
		config: oauth2.Config{
			ClientID: client, ClientSecret: secrets[client], Endpoint: provider.Endpoint(), RedirectURL: redirectOf(client), Scopes: scopes,
		},
		verifier: provider.Verifier(&oidc.Config{ClientID: client}),
	}
}

// signIn is the whole of a sign-in, by the library but for the person.
func (l library) signIn(t testing.TB, browser *http.Client, more ...oauth2.AuthCodeOption) (*oauth2.Token, *oidc.IDToken) {
	t.Helper()
	pkce := oauth2.GenerateVerifier()
	address := l.config.AuthCodeURL("a state", append(more, oauth2.S256ChallengeOption(pkce), oidc.Nonce("a nonce"))...)
	answer := heard(t, harness.SignIn(t, browser, address, user, password))
	if answer.Get("state") != "a state" {
		t.Fatalf("state came back as %q", answer.Get("state"))
	}
	got, err := l.config.Exchange(l.ctx, answer.Get("code"), oauth2.VerifierOption(pkce))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := got.Extra("id_token").(string)
	id, err := l.verifier.Verify(l.ctx, raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := id.VerifyAccessToken(got.AccessToken); err != nil {
		t.Errorf("at_hash: %v", err)
	}
	return got, id
}

// The main job, from discovery to a token that is revoked and refused, by libraries that were not made for us.
func TestLibrariesDoTheWholeJob(t *testing.T) {
	h := shared(t)
	l := h.library(t, "web", oidc.ScopeOpenID, "profile", "email", oidc.ScopeOfflineAccess, "api:read")

	before := time.Now().Add(-time.Second)
	got, id := l.signIn(t, h.web, oauth2.SetAuthURLParam("prompt", "consent"))
	if id.Issuer != h.issuer || id.Subject != "dikr0001" || id.Nonce != "a nonce" || len(id.Audience) != 1 || id.Audience[0] != "web" {
		t.Errorf("ID token %+v", id)
	}
	var said struct {
		AuthTime int64    `json:"auth_time"`
		AMR      []string `json:"amr"`
	}
	if err := id.Claims(&said); err != nil || time.Unix(said.AuthTime, 0).Before(before.Truncate(time.Second)) || len(said.AMR) != 1 {
		t.Errorf("ID token says %+v, %v", said, err)
	}
	if got.RefreshToken == "" || got.Type() != "Bearer" || got.ExpiresIn != 3600 {
		t.Errorf("token answer %+v", got)
	}

	info, err := l.provider.UserInfo(l.ctx, oauth2.StaticTokenSource(got))
	if err != nil {
		t.Fatal(err)
	}
	var person map[string]any
	if err := info.Claims(&person); err != nil || info.Subject != id.Subject || info.Email != "diana@example.org" || info.EmailVerified ||
		person["name"] != "Diana Krall" || person["address"] != nil {
		t.Errorf("userinfo %v, %v", person, err)
	}

	// The guard, by the library's own transport.
	guarded := oauth2.NewClient(l.ctx, oauth2.StaticTokenSource(got))
	answer := harness.Get(t, guarded, h.api+"/orders")
	at := h.up.last(t)
	if answer.StatusCode != http.StatusOK || at.Header.Get("X-User-Id") != "dikr0001" || at.Header.Get("X-Client-Id") != "web" {
		t.Errorf("guarded call: %s, upstream got %v", answer.Status, at.Header)
	}

	refreshed, err := l.config.TokenSource(l.ctx, &oauth2.Token{RefreshToken: got.RefreshToken}).Token()
	if err != nil || refreshed.RefreshToken == got.RefreshToken || refreshed.AccessToken == got.AccessToken {
		t.Fatalf("refresh: %+v, %v", refreshed, err)
	}
	raw, _ := refreshed.Extra("id_token").(string)
	again, err := l.verifier.Verify(l.ctx, raw)
	if err != nil || again.Subject != id.Subject {
		t.Errorf("refreshed ID token: %+v, %v", again, err)
	}
	h.passes(t, refreshed.AccessToken)

	if told, text := h.introspect(t, "gate", refreshed.AccessToken); told["active"] != true || told["username"] != user || told["client_id"] != "web" {
		t.Errorf("introspection: %s", text)
	}
	if answer := h.post(t, "web", "/revoke", "token", refreshed.RefreshToken); answer.StatusCode != http.StatusOK {
		t.Errorf("revocation: %s %s", answer.Status, answer.Text)
	}
	for _, token := range []string{got.AccessToken, refreshed.AccessToken} {
		h.refuses(t, token)
		h.dead(t, "web", token)
	}
	if _, err := l.config.TokenSource(l.ctx, &oauth2.Token{RefreshToken: refreshed.RefreshToken}).Token(); err == nil {
		t.Error("a revoked refresh token works")
	}
}

// A public client is told apart by nothing but PKCE, on any port of its own machine.
func TestLibrariesWorkAsAPublicClient(t *testing.T) {
	h := shared(t)
	l := h.library(t, "cli", oidc.ScopeOpenID, "api:read")
	l.config.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	got, _ := l.signIn(t, h.web)
	h.passes(t, got.AccessToken)

	answer, _ := h.ask(t, h.web, "cli", "scope", "openid", "code_challenge", "", "code_challenge_method", "")
	if answer.Get("error") != "invalid_request" || answer.Get("code") != "" || answer.Get("iss") != h.issuer {
		t.Errorf("without PKCE: %v", answer)
	}
}

// Every ID token is signed as the client was registered, RS256 unless it says otherwise.
func TestIDTokensAreSignedByTheAlgorithmOfTheClient(t *testing.T) {
	h := shared(t)
	for client, alg := range map[string]string{"web": "RS256", "modern": "ES256"} {
		l := h.library(t, client, oidc.ScopeOpenID)
		l.verifier = l.provider.Verifier(&oidc.Config{ClientID: client, SupportedSigningAlgs: []string{alg}})
		l.signIn(t, h.web)
	}
}

func TestAnIssuerWithAPathIsFoundInEveryForm(t *testing.T) {
	t.Parallel()
	h := build(t, plan{path: "/tenants/one", bare: true})
	root := strings.TrimSuffix(h.issuer, "/tenants/one")
	l := h.library(t, "web", oidc.ScopeOpenID) // the appended form
	l.signIn(t, h.web)

	want := harness.Get(t, h.back, h.issuer+"/.well-known/openid-configuration").Text
	for _, address := range []string{
		root + "/.well-known/oauth-authorization-server/tenants/one",
		root + "/.well-known/openid-configuration/tenants/one",
	} {
		got := harness.Get(t, h.back, address)
		if got.StatusCode != http.StatusOK || got.Text != want || !strings.Contains(got.Text, `"issuer":"`+h.issuer+`"`) {
			t.Errorf("%s: %s %s", address, got.Status, got.Text)
		}
	}
	for _, address := range []string{
		root + "/.well-known/openid-configuration", root + "/.well-known/oauth-authorization-server", root + "/token", root + "/tenants/two/token",
	} {
		if got := harness.Get(t, h.back, address); got.StatusCode != http.StatusNotFound || got.Text != "no such page" {
			t.Errorf("%s is not ours: %s %s", address, got.Status, got.Text)
		}
	}
}
