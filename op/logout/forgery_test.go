package logout

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/idtoken"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

func TestThreat085_ALinkSignsNobodyOut(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	page := b.get()
	for name, pairs := range map[string][]string{
		"nothing": nil, "a client": {"client_id", "web"}, "a redirect": {"client_id", "web", "post_logout_redirect_uri", bye},
		"a hint of another's session": {"id_token_hint", h.signedIn("bob").hint("web")}, "logout_hint": {"logout_hint", "alice"},
		"the form by GET": {"interaction", granttest.Sealed(t, page)}, "what is done": {"done", granttest.Sealed(t, page)},
	} {
		n := h.Faults.Commits()
		granttest.WantPage(t, b.get(pairs...), http.StatusOK, "Sign out?")
		if !b.IsSignedIn() || h.Faults.Commits() != n {
			t.Errorf("%s had an effect", name)
		}
	}
}

func TestThreat084_TheFormCountsFromOurPageInThisBrowserForThisSession(t *testing.T) {
	h := newHouse(t)
	b, other := h.signedIn("alice"), h.signedIn("alice")
	seal, foreign := granttest.Sealed(t, b.get("client_id", "web")), granttest.Sealed(t, other.get("client_id", "web"))
	done := strings.TrimPrefix(h.browser().get().Header().Get("Location"), granttest.Issuer+"/end_session?done=")
	for name, value := range map[string]string{
		"another browser's": foreign, "altered": seal[:len(seal)-2] + "AA", "cut": seal[:len(seal)/2], "longer": seal + "A", "what is done": done,
	} {
		granttest.WantPage(t, b.post(url.Values{"interaction": {value}}), http.StatusForbidden, "This cannot go on from here")
		if !b.IsSignedIn() {
			t.Fatalf("%s signs out", name)
		}
	}
	for name, spoil := range map[string]func(http.Header){
		"a sibling":   func(h http.Header) { h.Set("Origin", "https://evil.id.example"); h.Set("Sec-Fetch-Site", "same-site") },
		"without TLS": func(h http.Header) { h.Set("Origin", "http://id.example") },
		"two origins": func(h http.Header) { h.Add("Origin", "https://evil.example") },
	} {
		r := b.Request(http.MethodPost, "/end_session", url.Values{"interaction": {seal}})
		spoil(r.Header)
		granttest.WantPage(t, b.send(r), http.StatusForbidden, "This cannot go on from here")
		if !b.IsSignedIn() {
			t.Fatalf("%s signs out", name)
		}
	}
	// The form of another site comes back as a request, and is asked like any.
	r := b.Request(http.MethodPost, "/end_session", url.Values{"interaction": {seal}})
	r.Header.Set("Origin", "https://evil.example")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	granttest.WantPage(t, b.follow(b.send(r)), http.StatusOK, "Sign out?")
	// Whoever signed in meanwhile is asked anew, and so is who let the page wait.
	b.SignIn("bob")
	page := b.post(url.Values{"interaction": {seal}})
	granttest.WantPage(t, page, http.StatusForbidden, "Error: Sign out?", "nothing was changed", "bob", "Web shop")
	h.Clock.Advance(31 * time.Minute)
	page = b.press(page)
	granttest.WantPage(t, page, http.StatusForbidden, "Error: Sign out?", "nothing was changed")
	if !b.IsSignedIn() {
		t.Error("signed out")
	}
	granttest.WantPage(t, b.follow(b.press(page)), http.StatusOK, "Signed out")
	if b.IsSignedIn() {
		t.Error("still signed in")
	}
}

// A POST from another site carries no cookie: who is signed in is found out on the GET that follows.
func TestACrossSitePostComesBackAsAGet(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	cross := func(form url.Values) *httptest.ResponseRecorder {
		bare := h.browser() // no cookies
		r := bare.Request(http.MethodPost, "/end_session", form)
		r.Header.Set("Origin", "https://web.example")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		w := bare.send(r)
		if len(w.Result().Cookies()) != 0 {
			t.Errorf("sets %v", w.Result().Cookies())
		}
		return w
	}
	w := cross(values([]string{"id_token_hint", b.hint("web"), "post_logout_redirect_uri", bye, "state", "é +&"}))
	granttest.WantRedirect(t, b.follow(w), bye+"?state=%C3%A9%20%2B%26")
	if b.IsSignedIn() {
		t.Error("still signed in")
	}
	b.SignIn("alice")
	granttest.WantPage(t, b.follow(cross(url.Values{})), http.StatusOK, "Sign out?")
	granttest.WantPage(t, b.follow(cross(url.Values{"state": {"a", "b"}})), http.StatusOK, "Sign out?")
	long := cross(url.Values{"state": {strings.Repeat("long ", 2000)}})
	granttest.WantPage(t, long, http.StatusOK, "One moment", granttest.Issuer+"/end_session")
	posted := regexp.MustCompile(`name="posted" value="([^"]+)"`)
	state := strings.Repeat("long", 2000)
	long = cross(values([]string{"id_token_hint", b.hint("web"), "post_logout_redirect_uri", bye, "state", state}))
	granttest.WantRedirect(t, b.post(url.Values{"posted": {posted.FindStringSubmatch(long.Body.String())[1]}}), bye+"?state="+state)
	if b.IsSignedIn() {
		t.Error("still signed in after a long one")
	}
	b.SignIn("alice")
	w = b.get("posted", "altered")
	granttest.WantPage(t, w, http.StatusOK, "Sign out?")
	granttest.WantPage(t, b.follow(b.press(w)), http.StatusOK, "Signed out", "more than one way")
}

func TestThreat022_AStoreThatFailsNeverClaimsThatAnybodyIsSignedOut(t *testing.T) {
	for _, kind := range []store.Kind{store.Sessions, store.SessionClients, store.Accounts, "writes"} {
		h := newHouse(t)
		b := h.signedIn("alice")
		issued := b.tokens("web", onlineScopes)
		hint, page := b.hint("web"), b.get("client_id", "web", "post_logout_redirect_uri", bye)
		if kind == "writes" {
			h.Faults.FailWrites(func([]store.Change) bool { return true })
		} else {
			h.Faults.FailReads(func(k store.Kind) bool { return k == kind })
		}
		answers := []*httptest.ResponseRecorder{b.get("id_token_hint", hint, "post_logout_redirect_uri", bye)}
		if kind != store.SessionClients {
			answers = append(answers, b.press(page))
		}
		for _, w := range answers {
			granttest.WantPage(t, w, http.StatusServiceUnavailable, "Not available right now")
			if w.Header().Get("Location") != "" || len(w.Result().Cookies()) != 0 {
				t.Errorf("%s: to %q with %v", kind, w.Header().Get("Location"), w.Result().Cookies())
			}
		}
		h.Faults.FailWrites(nil)
		h.Faults.FailReads(nil)
		if !b.IsSignedIn() {
			t.Errorf("%s: signed out", kind)
		}
		h.wantLive(true, issued)
	}
}

// Section 4: it is no error to ask where nobody is signed in.
func TestWhereNobodyIsSignedIn(t *testing.T) {
	h := newHouse(t)
	gone := h.signedIn("alice")
	hint := gone.hint("web")
	for range 2 {
		granttest.WantRedirect(t, gone.get("id_token_hint", hint, "post_logout_redirect_uri", bye), bye)
	}
	b := h.browser()
	w := b.get()
	page := b.follow(w)
	granttest.WantPage(t, page, http.StatusOK, "Signed out", granttest.Issuer+"/account")
	granttest.WantPage(t, b.follow(b.get("id_token_hint", "bad", "client_id", "web", "post_logout_redirect_uri", bye)), http.StatusOK, "Signed out", "It ends here")
	// Without cookies there is no loop, and no link makes the page say anything.
	bare := h.browser()
	granttest.WantPage(t, bare.get("done", "hint"), http.StatusOK, "Signed out")
	if strings.Contains(bare.get("done", "hint").Body.String(), "It ends here") {
		t.Error("a link makes the page say something")
	}
	// The news gets old, and is none for who signed in again.
	told := b.get("id_token_hint", "bad")
	h.Clock.Advance(2 * time.Minute)
	if strings.Contains(b.follow(told).Body.String(), "It ends here") {
		t.Error("old news are told")
	}
	b.SignIn("alice")
	granttest.WantPage(t, b.follow(told), http.StatusOK, "Sign out?")
}

// The session of an account that is disabled or gone would be back with it.
func TestASessionWhoseUserIsGoneIsEnded(t *testing.T) {
	before := newHouse(t)
	b := before.signedIn("alice")
	hint := b.hint("web")
	b.h = furnish(t, before.World, standard().Without("alice"))
	granttest.WantPage(t, b.get(), http.StatusOK, "Sign out?", "alice")
	b.get("id_token_hint", hint)
	b.h = before
	if b.IsSignedIn() {
		t.Error("still signed in")
	}
}

func TestMust022_OtherMethodsEndNothing(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	query := "/end_session?" + url.Values{"id_token_hint": {b.hint("web")}}.Encode()
	for _, method := range []string{http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodTrace, http.MethodOptions} {
		r := b.Request(method, query, nil)
		r.Header.Set("X-HTTP-Method-Override", "GET")
		if w := b.send(r); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, POST" || !b.IsSignedIn() {
			t.Errorf("%s: %d, Allow %q, signed in %t", method, w.Code, w.Header().Get("Allow"), b.IsSignedIn())
		}
	}
}

func TestMust017_ThePagesCannotBeFramedNorKept(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	page := b.get("ui_locales", "sv en")
	for name, w := range map[string]*httptest.ResponseRecorder{"asks": page, "signed out": b.follow(b.press(page))} {
		policy := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "script-src") || w.Header().Get("X-Frame-Options") != "DENY" ||
			w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", name, w.Header())
		}
	}
}

func TestThreat090_ANameOnThePageIsText(t *testing.T) {
	cfg := standard()
	cfg.Clients[0].Name = `"><script>alert(1)</script>`
	cfg.Clients[0].Localized = map[string]string{"client_name#sv": "Butiken"}
	h := furnish(t, granttest.New(t), cfg)
	b := h.signedIn("alice")
	if w := b.get("client_id", "web"); strings.Contains(w.Body.String(), "<script") {
		t.Errorf("%s", w.Body)
	}
	granttest.WantPage(t, b.get("client_id", "web", "ui_locales", "fi sv"), http.StatusOK, "Sign out?", "Butiken")
	granttest.WantPage(t, b.get("id_token_hint", h.idToken("web", idtoken.Request{Subject: "s"}), "ui_locales", "sv-SE"), http.StatusOK, "Sign out?", "Butiken")
}
