package device

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/session"
)

func mustCurrent(t *testing.T, b *browser) *session.Session {
	t.Helper()
	sess, err := b.h.Sessions.Current(t.Context(), b.Request(http.MethodGet, "/", nil))
	if err != nil {
		t.Fatal(err)
	}
	return sess
}

// TestThreat087_AnAnswerIsBoundToItsPage: to this browser, this session, this use and our own origin.
func TestThreat087_AnAnswerIsBoundToItsPage(t *testing.T) {
	h := newHouse(t)
	begun := h.begin("tv", "openid")
	alice, bob := h.signedIn("alice"), h.signedIn("bob")
	page := alice.question(begun)
	text := granttest.Sealed(t, page)
	form := url.Values{"interaction": {text}, "decision": {"allow"}}
	posted := func(b *browser, edit func(r *http.Request)) *httptest.ResponseRecorder {
		r := b.Request(http.MethodPost, "/device", form)
		edit(r)
		return b.send(r)
	}
	as := func(r *http.Request) {}
	another := h.browser()
	another.SignIn("alice")
	for name, w := range map[string]*httptest.ResponseRecorder{
		"another person":           posted(bob, as),
		"another browser of hers":  posted(another, as),
		"another site":             posted(alice, func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }),
		"a sibling":                posted(alice, func(r *http.Request) { r.Header.Set("Origin", "https://x.id.example") }),
		"clear http":               posted(alice, func(r *http.Request) { r.Header.Set("Origin", "http://id.example") }),
		"null, from elsewhere":     posted(alice, func(r *http.Request) { r.Header.Set("Origin", "null"); r.Header.Set("Sec-Fetch-Site", "cross-site") }),
		"altered":                  alice.post("interaction", text[:len(text)-4]+"AAAA", "decision", "allow"),
		"none":                     alice.post("decision", "allow"),
		"that of the redirect":     alice.post("interaction", alice.enter(begun.UserCode).Header().Get("Location")[len(granttest.Issuer+"/device?interaction="):], "decision", "allow"),
		"a login form":             alice.post("interaction", granttest.Sealed(t, h.browser().get("")), "decision", "allow"),
		"neither yes nor no":       alice.press(page, ""),
		"both, in the query":       alice.send(alice.Request(http.MethodPost, "/device?decision=allow", form)),
		"the form to type a code":  alice.post("interaction", granttest.Sealed(t, alice.get("")), "decision", "allow"),
		"the question as a GET":    alice.get("?" + form.Encode()),
		"a GET with the code":      alice.get("?user_code=" + begun.UserCode + "&decision=allow"),
		"a forged end":             alice.get("?done=allowed"),
		"the question as an end":   alice.get("?done=" + url.QueryEscape(text)),
		"the answer where it asks": alice.get("?interaction=" + url.QueryEscape(text)),
	} {
		if !h.stored(begun).Waits() {
			t.Fatalf("%s was an answer", name)
		}
		if says(w, "Device connected") || w.Code == http.StatusSeeOther {
			t.Errorf("%s: %d to %q", name, w.Code, w.Header().Get("Location"))
		}
	}
	alice.SignIn("bob") // in another tab
	if w := alice.press(page, "allow"); w.Code != http.StatusForbidden || !says(w, "out of date") {
		t.Errorf("as another person: %d %s", w.Code, w.Body)
	}
	alice.Cookies = map[string]string{"__Host-gatehouse-test-browser": alice.Cookies["__Host-gatehouse-test-browser"]}
	if w := alice.press(page, "allow"); !says(w, `name="password"`) {
		t.Errorf("signed out: %d %s", w.Code, w.Body)
	}
	if !h.stored(begun).Waits() {
		t.Error("it was answered")
	}
}

func TestAPageThatWaitedTooLongAsksAgain(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	entering := b.get("")
	begun := h.begin("tv", "openid")
	page := b.question(begun)
	h.Clock.Advance(30 * time.Minute)
	for name, w := range map[string]*httptest.ResponseRecorder{
		"the code":   b.post("interaction", granttest.Sealed(t, entering), "user_code", "wdjb mjht"),
		"the answer": b.press(page, "allow"),
	} {
		if w.Code != http.StatusForbidden || !says(w, "out of date", "-") || !strings.Contains(w.Body.String(), `name="user_code"`) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestThreat088_OnlyGETAndPOSTOfThePage(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	begun := h.begin("tv", "openid")
	page := b.question(begun)
	for _, method := range []string{http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodTrace, http.MethodOptions} {
		r := b.Request(method, "/device", url.Values{"interaction": {granttest.Sealed(t, page)}, "decision": {"allow"}})
		r.Header.Set("X-HTTP-Method-Override", "POST")
		if w := b.send(r); w.Code != http.StatusMethodNotAllowed || !h.stored(begun).Waits() {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
}

func TestThePagesForbidWhatTheyDoNotUse(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	begun := h.begin("tv", "openid")
	question := b.question(begun)
	for name, at := range map[string]struct {
		page     *httptest.ResponseRecorder
		policy   string
		referrer string
	}{
		"enter": {b.get(""), "form-action 'self'", "same-origin"}, "question": {question, "form-action 'self'", "same-origin"},
		"done": {b.follow(b.press(question, "allow")), "form-action 'none'", "no-referrer"},
	} {
		header := at.page.Header()
		if policy := header.Get("Content-Security-Policy"); !strings.Contains(policy, at.policy) || !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s: %q", name, policy)
		}
		if header.Get("Referrer-Policy") != at.referrer || header.Get("X-Frame-Options") != "DENY" || header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", name, header)
		}
	}
}

// No code of either kind reaches the log.
func TestTheLogHoldsNoCode(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	begun := h.begin("tv", "openid")
	b.enter("WDJB-MJHT")
	page := b.question(begun)
	b.press(page, "allow")
	b.press(page, "allow")
	b.enter(begun.UserCode)
	log := h.Log.String()
	if !strings.Contains(log, "user_code is not known") {
		t.Errorf("nothing was logged: %s", log)
	}
	for _, secret := range []string{begun.UserCode, begun.DeviceCode, "WDJB", granttest.Sealed(t, page)} {
		if strings.Contains(log, secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
}
