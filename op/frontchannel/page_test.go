package frontchannel

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

func TestWithNobodyToTellNothingIsBetween(t *testing.T) {
	h := newHouse(t)
	silent, _ := h.ended("other")
	unused, _ := h.ended()
	for name, sessionID := range map[string]string{"no session": "", "no such session": "nobodys", "nobody joined": unused.ID, "no address": silent.ID} {
		b := h.browser()
		granttest.WantRedirect(t, b.leave(sessionID, bye), bye)
		if len(b.Cookies) > 0 {
			t.Errorf("%s: %v", name, b.Cookies)
		}
	}
}

func TestMust063_ThePageGoesOnByItself(t *testing.T) {
	h := newHouse(t)
	sess, _ := h.ended("web")
	for _, location := range []string{bye, "com.example.app:/bye?state=1", "http://127.0.0.1:9000/bye", granttest.Issuer + "/end_session?done=x"} {
		b := h.browser()
		page := b.follow(b.leave(sess.ID, location))
		if got := page.Header().Get("Refresh"); got != "3; url="+location {
			t.Errorf("Refresh: %s", got)
		}
		body := page.Body.String()
		for _, want := range []string{`href="` + location + `"`, `data-location="` + location + `"`, `src="assets/frontchannel.js?v=`} {
			if !strings.Contains(body, want) {
				t.Errorf("the page lacks %s:\n%s", want, body)
			}
		}
	}
}

func TestThreat089_ThePageCannotBeFramedNorKept(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	sess, _ := h.ended("web", "app")
	page := b.follow(b.leave(sess.ID, bye))
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'; " +
			"script-src 'self'; frame-src https://app.example:8443 https://web.example; form-action 'none'",
		"X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	} {
		if got := page.Header().Get(name); got != want {
			t.Errorf("%s: %s\nwant %s", name, got, want)
		}
	}
}

// The address of the page tells nobody which applications were used, nor which session it was.
func TestThePagesAddressIsSealed(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	sess, sids := h.ended("web", "app")
	left := b.leave(sess.ID, bye)
	for _, secret := range []string{sess.ID, sids["web"], "web.example", "app.example", "bye"} {
		if location := left.Header().Get("Location"); strings.Contains(location, secret) {
			t.Errorf("%q is in %s", secret, location)
		}
	}
	if got := left.Header().Get("Referrer-Policy"); got != "no-referrer" {
		t.Errorf("Referrer-Policy: %s", got)
	}
}

func TestThreat010_NoLinkLeadsAnywhereOrHasFramesLoaded(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	sess, _ := h.ended("web")
	location := b.leave(sess.ID, bye).Header().Get("Location")
	b.follow(b.leave(sess.ID, bye))

	done := h.Interactions.Receive("end_session done", []byte(`"https://evil.example/"`))
	done.SessionID = sess.ID
	other, err := h.Interactions.Seal(b.Cookies["__Host-gatehouse-test-browser"], done)
	if err != nil {
		t.Fatal(err)
	}
	stranger := h.browser()
	stranger.leave(sess.ID, bye) // so that it has a cookie
	for name, w := range map[string]*httptest.ResponseRecorder{
		"altered":                  b.get(location[:len(location)-4] + "AAAA"),
		"nothing":                  b.get(pageURL),
		"without the parameter":    b.get(granttest.Issuer + "/frontchannel_logout"),
		"a seal of another use":    b.get(pageURL + other),
		"an address in clear":      b.get(pageURL + "https://evil.example/"),
		"another browser":          stranger.get(location),
		"a browser without cookie": h.browser().get(location),
		"twice":                    b.get(location + "&left=x"),
	} {
		if w.Code != http.StatusForbidden && w.Code != http.StatusBadRequest || w.Header().Get("Location") != "" || w.Header().Get("Refresh") != "" || strings.Contains(w.Body.String(), "<iframe") {
			t.Errorf("%s: %d to %q\n%s", name, w.Code, w.Header().Get("Location"), w.Body)
		}
	}
}

// Gone back to, the page signs nobody out of what they have signed in to since.
func TestTheFramesAreLoadedOnlyAtFirst(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	sess, _ := h.ended("web")
	left := b.leave(sess.ID, bye)
	for range 2 { // a page that is reloaded at once
		if got := framesOf(t, b.follow(left)); len(got) != 1 {
			t.Errorf("%q", got)
		}
	}
	for _, later := range []time.Duration{leftLife + time.Second, time.Hour} {
		h.Clock.Advance(later)
		granttest.WantRedirect(t, b.get(left.Header().Get("Location")), bye)
	}
}

// The session has ended, and that is not undone: what cannot be read now may be readable in a moment.
func TestThreat022_AStoreThatFailsIsNotNobodyToTell(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	sess, sids := h.ended("web")
	h.Faults.FailLists(true)
	left := b.leave(sess.ID, bye)
	if page := b.follow(left); page.Code != http.StatusServiceUnavailable || page.Header().Get("Retry-After") == "" || page.Header().Get("Refresh") != "" {
		t.Errorf("%d\n%s", page.Code, page.Body)
	}
	if !strings.Contains(h.Log.String(), `"level":"error"`) {
		t.Errorf("the log says %s", h.Log)
	}
	h.Faults.FailLists(false)
	if got := framesOf(t, b.follow(left)); len(got) != 1 || !strings.HasSuffix(got[0], sids["web"]) {
		t.Errorf("%q", got)
	}
	// A client that cannot be read is as bad; one of the configuration always can.
	registered := furnish(t, h.World, standard().Without("web"))
	registered.Faults.FailReads(func(k store.Kind) bool { return k == store.Clients })
	if page := b.at(registered).follow(left); page.Code != http.StatusServiceUnavailable {
		t.Errorf("%d\n%s", page.Code, page.Body)
	}
}

// What is longer than an address may be keeps nobody.
func TestAPlaceTooFarToSealIsGoneToStraight(t *testing.T) {
	h := newHouse(t)
	sess, _ := h.ended("web")
	far := granttest.Issuer + "/authorize?interaction=" + strings.Repeat("x", 20_000)
	granttest.WantRedirect(t, h.browser().leave(sess.ID, far), far)
}

func TestMust022_OtherMethodsAre405(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	sess, _ := h.ended("web")
	location := b.leave(sess.ID, bye).Header().Get("Location")
	for _, method := range []string{http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodTrace} {
		w := httptest.NewRecorder()
		h.page.ServeHTTP(w, b.Request(method, strings.TrimPrefix(location, granttest.Issuer), nil))
		if w.Code != http.StatusMethodNotAllowed || strings.Contains(w.Body.String(), "<iframe") {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
}
