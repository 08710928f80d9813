package dpop

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// atOnce does the same thing 16 times at once and counts how often it worked.
func atOnce(works func() bool) int {
	var worked atomic.Int64
	var all sync.WaitGroup
	start := make(chan struct{})
	for range 16 {
		all.Go(func() {
			<-start
			if works() {
				worked.Add(1)
			}
		})
	}
	close(start)
	all.Wait()
	return int(worked.Load())
}

// guarded asks the guard and reports whether it let the request through.
func (w *world) guarded(token, proof string) func() bool {
	return func() bool {
		request, err := http.NewRequest("GET", w.API(), http.NoBody)
		if err != nil {
			return false
		}
		request.Header.Set("Authorization", "DPoP "+token)
		request.Header.Set("DPoP", proof)
		got, err := harness.Read(w.client.Do(request))
		return err == nil && got.Status == http.StatusOK
	}
}

// issued asks for a token with that proof and reports whether there was one.
func (w *world) issued(proof string) func() bool {
	return func() bool {
		party := w.Service(w.client)
		party.Proof = func(string, string) string { return proof }
		got, err := party.ForItself("scope", harness.HouseScope)
		return err == nil && got.Status == http.StatusOK && got.AccessToken != ""
	}
}

// TestThreat116_AProofCountsOnce: of many equal proofs one counts, and none after that: not with another spelling of what
// it is for, after a reload, or after a restart.
func TestThreat116_AProofCountsOnce(t *testing.T) {
	t.Parallel()
	w := open(t, "", "")
	by := harness.NewProver(t, "ES256")
	token := w.bound(t, by)
	w.warm(t, token, by)
	one, another, third := harness.Claims{"jti": "one"}, harness.Claims{"jti": "another"}, harness.Claims{"jti": "third"}
	atGuard := by.Proof("GET", w.API(), token, one)
	atToken := by.Proof("POST", w.Issuer()+"/token", "", another)

	if n := atOnce(w.guarded(token, atGuard)); n != 1 {
		t.Errorf("16 equal proofs at the guard: %d counted", n)
	}
	if n := atOnce(w.issued(atToken)); n != 1 {
		t.Errorf("16 equal proofs at the token endpoint: %d counted", n)
	}
	if n := atOnce(func() bool { return w.guarded(token, by.Proof("GET", w.API(), token, third))() }); n != 1 {
		t.Errorf("16 proofs with one jti at the guard: %d counted", n)
	}
	for _, htu := range []string{w.API() + "?x", w.API() + "#x", strings.ToUpper(w.API()[:8]) + w.API()[8:]} {
		w.keeps(t, htu, "invalid_dpop_proof", "DPoP "+token, by.Proof("GET", w.API(), token, one, harness.Claims{"htu": htu}))
	}
	w.keeps(t, "htm", "invalid_dpop_proof", "DPoP "+token, by.Proof("GET", w.API(), token, one, harness.Claims{"htm": "get"}))

	if err := w.caddy.Load(t, w.With(func(h *harness.House) { h.Provider += "\nstrict" }).Options(), w.Sites()); err != nil {
		t.Fatal(err)
	}
	w.keeps(t, "after a reload", "invalid_dpop_proof", "DPoP "+token, atGuard)
	if w.issued(atToken)() {
		t.Error("after a reload the token endpoint took a proof again")
	}
	w.restart(t)
	w.keeps(t, "after a restart", "use_dpop_nonce", "DPoP "+token, atGuard)
	if w.issued(atToken)() {
		t.Error("after a restart the token endpoint took a proof again")
	}
	w.warm(t, token, by)
	w.lets(t, token, by.Proof("GET", w.API(), token))
}

// After a restart a client without nonces waits a little; one with a nonce from before it does too.
func TestThreat026_WhatMayBeFromBeforeARestartNeedsANonce(t *testing.T) {
	t.Parallel()
	w := open(t, "", "")
	by := harness.NewProver(t, "ES256")
	token := w.bound(t, by)
	w.warm(t, token, by)
	before := by.Nonce()
	unseen := by.Proof("GET", w.API(), token)
	w.restart(t)
	w.keeps(t, "a proof with a nonce from before", "use_dpop_nonce", "DPoP "+token, unseen)
	w.keeps(t, "a proof without a nonce", "use_dpop_nonce", "DPoP "+token, by.Proof("GET", w.API(), token, harness.Claims{"nonce": nil}))
	w.warm(t, token, by)
	if by.Nonce() == before {
		t.Fatal("the nonce is the same as before the restart")
	}
	w.lets(t, token, by.Proof("GET", w.API(), token))
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(250 * time.Millisecond) {
		if w.guarded(token, by.Proof("GET", w.API(), token, harness.Claims{"nonce": nil}))() {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a proof without a nonce never counts again")
		}
	}
}

// With dpop_nonce every proof has to have one, at the token endpoint, at userinfo and at the guard; who has none is given one.
func TestNonces(t *testing.T) {
	t.Parallel()
	w := open(t, "dpop_nonce", "dpop_nonce")
	by := harness.NewProver(t, "ES256")
	first, err := w.service(by).ForItself("scope", harness.HouseScope)
	if err != nil || first.Status != http.StatusBadRequest || first.Error != "use_dpop_nonce" || !by.Heard(first.Header, first.Status) {
		t.Fatalf("%v %v, %v", first, first.Header, err)
	}
	token := w.bound(t, by)
	w.keeps(t, "no nonce", "use_dpop_nonce", "DPoP "+token, by.Proof("GET", w.API(), token, harness.Claims{"nonce": nil}))
	w.keeps(t, "half a nonce", "use_dpop_nonce", "DPoP "+token, by.Proof("GET", w.API(), token, harness.Claims{"nonce": by.Nonce()[:20]}))
	w.lets(t, token, by.Proof("GET", w.API(), token))
}

// A public client's code, access token and refresh token are bound to its key: whoever has them and not the key has nothing,
// and cannot end the grant either.
func TestMust029_PublicClientsAreBoundToTheirKey(t *testing.T) {
	t.Parallel()
	w := open(t, "", "")
	browser := w.SignedIn(t, w.caddy)
	mine, theirs := harness.NewProver(t, "ES256"), harness.NewProver(t, "EdDSA")
	code := func() harness.Code {
		made, err := w.app(mine).Silent(browser, "scope", "openid "+harness.HouseScope, "dpop_jkt", mine.JKT())
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	refused := func(what string, got *harness.Reply, err error, want string) {
		t.Helper()
		if err != nil || got.Status != http.StatusBadRequest || got.Error != want {
			t.Errorf("%s: %v, %v, want %s", what, got, err, want)
		}
	}
	stolen := code()
	got, err := w.app(theirs).Redeem(stolen)
	refused("a code with another key", got, err, "invalid_grant")
	got, err = w.app(nil).Redeem(stolen)
	refused("a code without a key", got, err, "invalid_dpop_proof")
	got, err = w.app(mine).Redeem(stolen)
	if err != nil || got.TokenType != "DPoP" || got.RefreshToken == "" {
		t.Fatalf("the code with its key: %v, %v", got, err)
	}
	again, err := w.app(theirs).Refresh(got.RefreshToken)
	refused("a refresh token with another key", again, err, "invalid_grant")
	again, err = w.app(nil).Refresh(got.RefreshToken)
	refused("a refresh token without a key", again, err, "invalid_dpop_proof")
	again, err = w.app(mine).Refresh(got.RefreshToken)
	if err != nil || again.TokenType != "DPoP" {
		t.Fatalf("the refresh token with its key: %v, %v", again, err)
	}
	spent, err := w.app(theirs).Refresh(got.RefreshToken)
	refused("a spent refresh token with another key", spent, err, "invalid_grant")
	if again, err = w.app(mine).Refresh(again.RefreshToken); err != nil || again.AccessToken == "" {
		t.Fatalf("after all of that: %v, %v", again, err)
	}
	w.atUserinfo(t, mine, theirs, again.AccessToken)
}

// atUserinfo: userinfo takes the token from its own key alone.
func (w *world) atUserinfo(t *testing.T, mine, theirs *harness.Prover, token string) {
	t.Helper()
	address := w.Issuer() + "/userinfo"
	mine.Heard(w.call(t, "GET", address, "DPoP "+token, mine.Proof("GET", address, token)).Header, 0)
	proof := mine.Proof("GET", address, token)
	if got := w.call(t, "GET", address, "DPoP "+token, proof); got.Status != http.StatusOK || got.Subject == "" {
		t.Errorf("userinfo: %v", got)
	}
	for what, try := range map[string][]string{
		"as Bearer":       {"Bearer " + token},
		"again":           {"DPoP " + token, proof},
		"with no proof":   {"DPoP " + token},
		"with two":        {"DPoP " + token, mine.Proof("GET", address, token), mine.Proof("GET", address, token)},
		"for the guard":   {"DPoP " + token, mine.Proof("GET", w.API(), token)},
		"for a POST":      {"DPoP " + token, mine.Proof("POST", address, token)},
		"of another key":  {"DPoP " + token, theirs.Proof("GET", address, token)},
		"without the ath": {"DPoP " + token, mine.Proof("GET", address, "")},
	} {
		got := w.call(t, "GET", address, try[0], try[1:]...)
		if challenge := got.Header.Get("WWW-Authenticate"); got.Status != http.StatusUnauthorized || !strings.HasPrefix(challenge, `DPoP error="`) {
			t.Errorf("userinfo %s: %v %s", what, got, challenge)
		}
	}
	posted, err := w.client.PostForm(address, url.Values{"access_token": {token}})
	if got, err := harness.Read(posted, err); err != nil || got.Status != http.StatusUnauthorized {
		t.Errorf("userinfo in the form: %v, %v", got, err)
	}
}

// A client that says so gets no token without a proof, and a guard that says so takes no other.
func TestBoundTokensCanBeRequired(t *testing.T) {
	t.Parallel()
	w := open(t, "client strictly {\nauth client_secret_basic\nsecret "+harness.ServiceSecret+"\ngrant_types client_credentials\nscopes "+harness.HouseScope+"\ndpop_bound_access_tokens\n}", "dpop require")
	by := harness.NewProver(t, "ES256")
	party := func(by *harness.Prover) *harness.Party {
		p := w.service(by)
		p.ID = "strictly"
		return p
	}
	if got, err := party(nil).ForItself("scope", harness.HouseScope); err != nil || got.Error != "invalid_dpop_proof" {
		t.Errorf("without a proof: %v, %v", got, err)
	}
	if got, err := party(by).ForItself("scope", harness.HouseScope); err != nil || got.TokenType != "DPoP" {
		t.Errorf("with a proof: %v, %v", got, err)
	}
	plain, err := w.Service(w.client).ForItself("scope", harness.HouseScope)
	if err != nil {
		t.Fatal(err)
	}
	w.keeps(t, "a bearer token", "invalid_token", "Bearer "+plain.AccessToken)
	if got := w.call(t, "GET", w.API(), ""); !strings.HasPrefix(got.Header.Get("WWW-Authenticate"), "DPoP algs=") {
		t.Errorf("no token: %v %v", got, got.Header)
	}
}
