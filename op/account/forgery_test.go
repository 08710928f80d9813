package account

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
)

// untouched checks that nothing was ended.
func (h *house) untouched(b *browser, name string) {
	h.t.Helper()
	n, err := h.Sessions.CutOffs(h.t.Context(), "alice")
	if !b.IsSignedIn() || !h.consent("alice", "web").Standing() || n != 0 || err != nil {
		h.t.Errorf("%s had an effect: signed in %t, %d cut-offs, %v", name, b.IsSignedIn(), n, err)
	}
}

func TestMust019_AFormThatIsNotOfThisPageChangesNothing(t *testing.T) {
	h := newHouse(t)
	b, other := h.signedIn("alice"), h.signedIn("alice")
	h.allow(b, "web", offline)
	page := b.open()
	seal, foreign := granttest.Sealed(t, page), granttest.Sealed(t, other.open())
	login := granttest.Sealed(t, b.Send(h.signIn, b.Request(http.MethodGet, "/login?prompt=login", nil)))
	told := strings.TrimPrefix(b.press(page, "withdraw", "unknown").Header().Get("Location"), granttest.Issuer+"/account?done=")
	told, err := url.QueryUnescape(told)
	if err != nil {
		t.Fatal(err)
	}
	for _, act := range []url.Values{{"withdraw": {"web"}}, {"end": {b.Session().ID}}, {"sign_out": {"here"}}, {"sign_out": {"everywhere"}}} {
		for name, value := range map[string]string{
			"no seal": "", "another browser's": foreign, "a login form's": login, "what was done": told,
			"altered": seal[:len(seal)-2] + "AA", "cut": seal[:len(seal)/2], "longer": seal + "A",
		} {
			form := url.Values{"interaction": {value}}
			maps.Copy(form, act)
			w := b.post(form)
			granttest.WantPage(t, w, http.StatusForbidden, "This cannot go on from here")
			h.untouched(b, name)
		}
	}
}

func TestMust019_AFormFromAnotherSiteChangesNothing(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	h.allow(b, "web", offline)
	form := url.Values{"interaction": {granttest.Sealed(t, b.open())}, "sign_out": {"everywhere"}}
	for name, spoil := range map[string]func(http.Header){
		"another origin":   func(h http.Header) { h.Set("Origin", "https://evil.example") },
		"a sibling":        func(h http.Header) { h.Set("Origin", "https://evil."+strings.TrimPrefix(granttest.Issuer, "https://")) },
		"without TLS":      func(h http.Header) { h.Set("Origin", "http"+strings.TrimPrefix(granttest.Issuer, "https")) },
		"null, cross-site": func(h http.Header) { h.Set("Origin", "null"); h.Set("Sec-Fetch-Site", "cross-site") },
		"none, same-site":  func(h http.Header) { h.Del("Origin"); h.Set("Sec-Fetch-Site", "same-site") },
		"two origins":      func(h http.Header) { h.Add("Origin", "https://evil.example") },
	} {
		r := b.Request(http.MethodPost, "/account", form)
		spoil(r.Header)
		granttest.WantPage(t, b.Send(h.endpoint, r), http.StatusForbidden, "This cannot go on from here")
		h.untouched(b, name)
	}
	r := b.Request(http.MethodPost, "/account", form)
	r.Header.Del("Origin")
	r.Header.Del("Sec-Fetch-Site") // an old browser: the seal alone decides
	if w := b.Send(h.endpoint, r); w.Code != http.StatusSeeOther {
		t.Errorf("an old browser: %d", w.Code)
	}
}

// The session's cookie moves to another person or another sign-in: the page of before is theirs.
func TestMust019_APageOfAnotherSessionChangesNothing(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	h.allow(b, "web", offline)
	page := b.open()
	b.signIn("bob")
	w := b.press(page, "sign_out", "everywhere")
	granttest.WantPage(t, w, http.StatusForbidden, "Error: Your account", "nothing was changed", "bob")
	lacks(t, w, "Alice")
	for _, account := range []string{"alice", "bob"} {
		if n, err := h.Sessions.CutOffs(t.Context(), account); n != 0 || err != nil {
			t.Errorf("%s: %d cut-offs, %v", account, n, err)
		}
	}
	// The same person after a sign-in of the same session goes on where they were.
	again := h.signedIn("alice")
	page = again.open()
	again.signIn("alice")
	granttest.WantPage(t, again.follow(page, "withdraw", "web"), http.StatusOK, "Your account", "no access any more")
}

func TestAPageThatWasOpenForTooLongChangesNothing(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	h.allow(b, "web", offline)
	page := b.open()
	h.Clock.Advance(31 * time.Minute)
	page = b.press(page, "withdraw", "web")
	granttest.WantPage(t, page, http.StatusForbidden, "Error: Your account", "nothing was changed")
	h.untouched(b, "a stale page")
	granttest.WantPage(t, b.follow(page, "withdraw", "web"), http.StatusOK, "Your account", "no access any more")
}

func TestWhoIsSignedOutMeanwhileIsAskedToSignIn(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	h.allow(b, "web", offline)
	page := b.open()
	if err := h.Sessions.End(t.Context(), b.Session().ID); err != nil {
		t.Fatal(err)
	}
	granttest.WantPage(t, b.press(page, "withdraw", "web"), http.StatusOK, "Sign in")
	if !h.consent("alice", "web").Standing() {
		t.Error("the consent is withdrawn")
	}
}

func TestAFormThatSaysNothingOrTwoThingsIsRefused(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	h.allow(b, "web", offline)
	for name, form := range map[string]url.Values{
		"nothing": {}, "an empty button": {"withdraw": {""}}, "another button": {"delete": {"web"}},
		"two buttons": {"withdraw": {"web"}, "sign_out": {"here"}}, "out of where": {"sign_out": {"there"}},
		"one twice": {"withdraw": {"web", "other"}},
	} {
		form.Set("interaction", granttest.Sealed(t, b.open()))
		granttest.WantPage(t, b.post(form), http.StatusBadRequest, "This request does not work")
		h.untouched(b, name)
	}
	r := b.Request(http.MethodPost, "/account?sign_out=everywhere", url.Values{"interaction": {granttest.Sealed(t, b.open())}})
	granttest.WantPage(t, b.Send(h.endpoint, r), http.StatusBadRequest, "This request does not work")
	h.untouched(b, "a button in the query")
}

func TestThreat085_AGetChangesNothing(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	h.allow(b, "web", offline)
	seal := url.QueryEscape(granttest.Sealed(t, b.open()))
	for _, query := range []string{
		"?sign_out=everywhere&interaction=" + seal, "?withdraw=web&interaction=" + seal, "?end=" + b.Session().ID + "&interaction=" + seal,
	} {
		granttest.WantPage(t, b.get("/account"+query), http.StatusOK, "Your account")
		h.untouched(b, query)
	}
	granttest.WantPage(t, b.get("/account?done=a&done=b"), http.StatusBadRequest, "This request does not work")
}

func TestMust022_OtherMethodsAre405AndChangeNothing(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	h.allow(b, "web", offline)
	form := url.Values{"interaction": {granttest.Sealed(t, b.open())}, "sign_out": {"everywhere"}}
	for i, method := range []string{http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodTrace, http.MethodOptions} {
		r := b.Request(method, "/account", form)
		r.Header.Set("X-HTTP-Method-Override", "POST")
		w := b.Send(h.endpoint, r)
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, POST" {
			t.Errorf("%s: %d, Allow %q", method, w.Code, w.Header().Get("Allow"))
		}
		// People are here: they get a page with a reference, and the log one line that has it too.
		granttest.WantPage(t, w, http.StatusMethodNotAllowed, "This request does not work")
		if n := strings.Count(h.Log.String(), "request refused"); n != i+1 {
			t.Errorf("%s: %d log lines", method, n)
		}
		h.untouched(b, method)
	}
}

func TestMust017_ThePageCannotBeFramedNorKept(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	answers := map[string]*httptest.ResponseRecorder{"page": b.open()}
	answers["redirect"] = b.press(answers["page"], "sign_out", "here")
	answers["signed out"] = b.get(strings.TrimPrefix(answers["redirect"].Header().Get("Location"), granttest.Issuer))
	granttest.WantPage(t, answers["signed out"], http.StatusOK, "Signed out")
	for name, w := range answers {
		if got := w.Header().Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control %q", name, got)
		}
		if w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s may be read by another origin", name)
		}
		if name == "redirect" {
			continue
		}
		policy := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(policy, "frame-ancestors 'none'") || w.Header().Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: %q", name, policy)
		}
	}
}

// Refusals are logged once, without what was sent.
func TestARefusalIsLoggedWithoutWhatWasSent(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	b.post(url.Values{"interaction": {"a-secret-of-somebody"}, "withdraw": {"a-client-of-somebody"}})
	log := h.Log.String()
	if !strings.Contains(log, `"endpoint":"account"`) || strings.Contains(log, "of-somebody") || strings.Count(log, "\n") != 1 {
		t.Errorf("the log says %s", log)
	}
}
