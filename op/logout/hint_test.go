package logout

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/idtoken"
	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// A hint of this very session signs out at once, and what was granted in the session is dead but for what may outlive it.
func TestThreat083_AHintOfThisSessionEndsItAndWhatHangsFromIt(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		h := newHouse(t)
		b, elsewhere := h.signedIn("alice"), h.signedIn("alice")
		online, away := b.tokens("web", onlineScopes), b.tokens("other", offlineScopes)
		stolen := h.browser()
		stolen.Cookies["__Host-gatehouse-test-session"] = b.Cookies["__Host-gatehouse-test-session"]
		form := []string{"id_token_hint", b.hint("web"), "state", "s", "post_logout_redirect_uri", bye}
		w := b.get(form...)
		if method == http.MethodPost {
			b.SignIn("alice")
			online, away, stolen.Cookies["__Host-gatehouse-test-session"] = b.tokens("web", onlineScopes), b.tokens("other", offlineScopes), b.Cookies["__Host-gatehouse-test-session"]
			form[1] = b.hint("web")
			w = b.post(values(form))
		}
		granttest.WantRedirect(t, w, bye+"?state=s")
		if _, kept := b.Cookies["__Host-gatehouse-test-session"]; kept || stolen.IsSignedIn() {
			t.Errorf("%s: the cookie is kept: %t, a stolen one works: %t", method, kept, stolen.IsSignedIn())
		}
		if !elsewhere.IsSignedIn() {
			t.Error("another browser is signed out")
		}
		h.wantLive(false, online)
		h.wantLive(true, away)
	}
}

// OpenID Connect RP-Initiated Logout section 2, id_token_hint, and section 4.
func TestMust060_WhatAHintIsWorth(t *testing.T) {
	const atOnce, asked, neverBack = "signed out at once", "asked first, then sent back", "asked first, never sent back"
	for name, tt := range map[string]struct {
		hint   func(h *house, b *browser) string
		client string
		want   string
	}{
		"of this session":              {func(_ *house, b *browser) string { return b.hint("web") }, "", atOnce},
		"with its client_id":           {func(_ *house, b *browser) string { return b.hint("web") }, "web", atOnce},
		"none":                         {func(*house, *browser) string { return "" }, "web", asked},
		"for another client than said": {func(_ *house, b *browser) string { return b.hint("other") }, "web", neverBack},
		"expired": {func(h *house, b *browser) string {
			token := b.hint("web")
			h.Clock.Advance(6 * time.Hour)
			return token
		}, "", atOnce},
		"of an earlier session": {func(_ *house, b *browser) string {
			token := b.hint("web")
			delete(b.Cookies, "__Host-gatehouse-test-session")
			b.SignIn("alice")
			b.hint("web")
			return token
		}, "", asked},
		"of another person": {func(h *house, _ *browser) string { return h.signedIn("bob").hint("web") }, "", asked},
		"of a session that the client never joined": {func(h *house, _ *browser) string {
			return h.idToken("web", idtoken.Request{Subject: "sub-of-alice", SID: "made-up"})
		}, "", asked},
		"without sid": {func(h *house, _ *browser) string {
			return h.idToken("web", idtoken.Request{Subject: "sub-of-alice"})
		}, "", asked},
		"altered": {func(_ *house, b *browser) string {
			token := b.hint("web")
			return token[:len(token)-8] + "AAAAAAAA"
		}, "web", neverBack},
		"unsigned": {func(_ *house, b *browser) string {
			parts := strings.Split(b.hint("web"), ".")
			return "eyJhbGciOiJub25lIn0." + parts[1] + "."
		}, "web", neverBack},
		"another kind of token": {func(_ *house, b *browser) string { return b.tokens("web", onlineScopes).AccessToken }, "web", neverBack},
		"of another issuer": {func(h *house, b *browser) string {
			foreign := *h.idTokens
			foreign.Issuer = "https://elsewhere.example"
			token, err := foreign.Make(h.t.Context(), h.Client(h.t, "web"), idtoken.Request{Subject: "sub-of-alice"})
			if err != nil {
				h.t.Fatal(err)
			}
			return token
		}, "web", neverBack},
		"signed by the client for another": {func(h *house, _ *browser) string {
			token, err := keys.SignHMAC(hmacKey, keys.HMACAlgs[0], keys.TypeIDToken, map[string]any{
				"iss": h.endpoint.Issuer, "sub": "sub-of-alice", "aud": "web", "iat": 1, "exp": 2,
			})
			if err != nil {
				h.t.Fatal(err)
			}
			return token
		}, "web", neverBack},
		"no token at all": {func(*house, *browser) string { return "hint" }, "web", neverBack},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			b := h.signedIn("alice")
			pairs := []string{"id_token_hint", tt.hint(h, b), "client_id", tt.client, "post_logout_redirect_uri", bye, "state", "s"}
			w := b.get(pairs...)
			if tt.want != atOnce {
				granttest.WantPage(t, w, http.StatusOK, "Sign out?", "Alice Example", "Web shop")
				if !b.IsSignedIn() {
					t.Fatal("signed out without a question")
				}
				if returns := strings.Contains(w.Body.String(), "You return to web.example"); returns != (tt.want == asked) {
					t.Errorf("the page says that it returns: %t", returns)
				}
				w = b.press(w)
			}
			if b.IsSignedIn() {
				t.Error("still signed in")
			}
			if tt.want != neverBack {
				granttest.WantRedirect(t, w, bye+"?state=s")
				return
			}
			granttest.WantPage(t, b.follow(w), http.StatusOK, "Signed out", "named a sign-in that is not one of this service")
		})
	}
}

// A hint signed with the client's secret counts for that client (OpenID Connect Core section 10.1).
func TestMust060_AHintSignedWithTheClientsSecret(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	granttest.WantRedirect(t, b.get("id_token_hint", b.hint("signer"), "post_logout_redirect_uri", "https://signer.example/bye"), "https://signer.example/bye")
	if b.IsSignedIn() {
		t.Error("still signed in")
	}
}

// A hint of a client that is gone still names the session; there is nobody to return to.
func TestAHintOfAClientThatIsGone(t *testing.T) {
	before := newHouse(t)
	b := before.signedIn("alice")
	hint := b.hint("web")
	b.h = furnish(t, before.World, standard().Without("web"))
	w := b.get("id_token_hint", hint, "post_logout_redirect_uri", bye)
	if b.IsSignedIn() {
		t.Error("still signed in")
	}
	granttest.WantPage(t, b.follow(w), http.StatusOK, "Signed out", "does not know the application")
}
