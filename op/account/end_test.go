package account

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// commits is how many commits the action made.
func (h *house) commits(action func()) int64 {
	before := h.Faults.Commits()
	action()
	return h.Faults.Commits() - before
}

func TestThreat020_WithdrawingEndsWhatTheClientGotInOneWrite(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	shop, other := h.allow(b, "web", offline), h.allow(b, "other", offline)
	theirs := h.allow(h.signedIn("bob"), "web", offline)
	page := b.open()
	h.wantLive(true, h.allow(b, "web", online))
	if n := h.commits(func() { b.press(page, "withdraw", "web") }); n != 1 {
		t.Errorf("%d commits", n)
	}
	h.wantLive(false, shop)
	h.wantLive(true, other)
	h.wantLive(true, theirs)
	page = b.follow(page, "withdraw", "web") // a second click
	granttest.WantPage(t, page, http.StatusOK, "Your account", "web has no access any more.")
	lacks(t, page, `value="web"`)
	if !b.IsSignedIn() {
		t.Error("the person is signed out")
	}
	if !h.consent("bob", "web").Standing() || !h.consent("alice", "other").Standing() {
		t.Error("another consent is withdrawn")
	}
}

func TestThreat083_EndingASessionElsewhereEndsItThere(t *testing.T) {
	h := newHouse(t)
	b, thief := h.signedIn("alice"), h.signedIn("alice")
	online, away := h.allow(thief, "web", online), h.allow(thief, "other", offline)
	mine := h.allow(b, "web", offline)
	page := b.open()
	if n := h.commits(func() { page = b.follow(page, "end", thief.Session().ID) }); n != 1 {
		t.Errorf("%d commits", n)
	}
	granttest.WantPage(t, page, http.StatusOK, "Your account", "That browser is signed out.")
	if n := strings.Count(page.Body.String(), `name="end"`); n != 1 {
		t.Errorf("%d sessions are left", n)
	}
	if thief.IsSignedIn() || !b.IsSignedIn() {
		t.Errorf("signed in: there %t, here %t", thief.IsSignedIn(), b.IsSignedIn())
	}
	h.wantLive(false, online)
	h.wantLive(true, away) // as the page says
	h.wantLive(true, mine)
}

func TestThreat083_SigningOutEndsTheSessionAndNotOnlyTheCookie(t *testing.T) {
	for _, test := range []struct{ name, button string }{{"sign out here", "sign_out"}, {"end this session", "end"}} {
		t.Run(test.name, func(t *testing.T) {
			h := newHouse(t)
			b := h.signedIn("alice")
			stolen := h.browser()
			maps.Copy(stolen.Cookies, b.Cookies)
			issued, away := h.allow(b, "web", online), h.allow(b, "other", offline)
			value := "here"
			if test.button == "end" {
				value = b.Session().ID
			}
			page := b.follow(b.open(), test.button, value)
			granttest.WantPage(t, page, http.StatusOK, "Signed out", "In this browser.", granttest.Issuer+"/account")
			if _, kept := b.Cookies["__Host-gatehouse-test-session"]; kept {
				t.Error("the cookie is still there")
			}
			if stolen.IsSignedIn() {
				t.Error("a stolen cookie still works")
			}
			h.wantLive(false, issued)
			h.wantLive(true, away)
			granttest.WantPage(t, b.open(), http.StatusOK, "Sign in")
		})
	}
}

func TestMust065_SigningOutEverywhereEndsAllOfIt(t *testing.T) {
	h := newHouse(t)
	b, phone, hers := h.signedIn("alice"), h.signedIn("alice"), h.signedIn("bob")
	shop, away, skip := h.allow(b, "web", online), h.allow(phone, "other", offline), h.Issue(t, "cli", offline)
	theirs := h.allow(hers, "web", offline)
	page := b.open()
	if n := h.commits(func() { page = b.follow(page, "sign_out", "everywhere") }); n != 1 {
		t.Errorf("%d commits", n)
	}
	granttest.WantPage(t, page, http.StatusOK, "Signed out", "In every browser.")
	if b.IsSignedIn() || phone.IsSignedIn() || !hers.IsSignedIn() {
		t.Errorf("signed in: %t, %t; bob: %t", b.IsSignedIn(), phone.IsSignedIn(), hers.IsSignedIn())
	}
	h.wantLive(false, shop)
	h.wantLive(false, away)
	h.wantLive(false, skip) // it hangs from no consent
	h.wantLive(true, theirs)

	// What was allowed stays allowed, for new sign-ins.
	b.signIn("alice")
	granttest.WantPage(t, b.open(), http.StatusOK, "Your account", `value="other"`)
	h.wantLive(true, h.allow(b, "other", offline))
	h.wantLive(false, away)
}

// Nobody ends what is another's, and the page does not say that they did.
func TestASessionOfAnotherPersonIsLeftAlone(t *testing.T) {
	h := newHouse(t)
	b, hers := h.signedIn("alice"), h.signedIn("bob")
	page := b.open()
	for _, id := range []string{hers.Session().ID, "nobody's"} {
		if n := h.commits(func() { b.follow(page, "end", id) }); n != 0 {
			t.Errorf("%d commits", n)
		}
	}
	if !hers.IsSignedIn() {
		t.Error("bob is signed out")
	}
}

func TestThreat022_AStoreThatFailsIsNeverASuccess(t *testing.T) {
	for _, press := range []struct{ name, value string }{
		{"withdraw", "web"}, {"end", ""}, {"sign_out", "here"}, {"sign_out", "everywhere"},
	} {
		for _, failing := range []string{"writes", "reads"} {
			t.Run(press.name+" "+press.value+" "+failing, func(t *testing.T) {
				h := newHouse(t)
				b, phone := h.signedIn("alice"), h.signedIn("alice")
				issued := h.allow(b, "web", offline)
				page := b.open()
				if press.name == "end" {
					press.value = phone.Session().ID
				}
				if failing == "writes" {
					h.Faults.FailWrites(func([]store.Change) bool { return true })
				} else {
					h.Faults.FailReads(func(store.Kind) bool { return true })
				}
				w := b.press(page, press.name, press.value)
				granttest.WantPage(t, w, http.StatusServiceUnavailable, "Not available right now")
				if w.Header().Get("Retry-After") == "" || len(w.Result().Cookies()) != 0 {
					t.Errorf("Retry-After %q, cookies %v", w.Header().Get("Retry-After"), w.Result().Cookies())
				}
				h.Faults.FailWrites(nil)
				h.Faults.FailReads(nil)
				if !b.IsSignedIn() || !phone.IsSignedIn() {
					t.Error("somebody is signed out")
				}
				h.wantLive(true, issued)
			})
		}
	}
}

// What the page shows is all of it or an error: a list that leaves something out would be believed.
func TestAPageThatCannotBeCompleteIsNone(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	h.allow(b, "web", offline)
	for _, kind := range []store.Kind{store.Sessions, store.Accounts} {
		h.Faults.FailReads(func(k store.Kind) bool { return k == kind })
		granttest.WantPage(t, b.open(), http.StatusServiceUnavailable, "Not available right now")
	}
	h.Faults.FailReads(nil)
	broken := store.Record{Kind: store.Consents, Key: "x", Subject: "alice", Body: []byte(`{"scopes":1}`)}
	if err := h.Store.Commit(t.Context(), store.Creating(broken)); err != nil {
		t.Fatal(err)
	}
	granttest.WantPage(t, b.open(), http.StatusInternalServerError, "Something went wrong here")
}

// The page says what was done because it was, and not because an address says so.
func TestThreat093_NoLinkMakesThePageSayThatSomethingWasDone(t *testing.T) {
	h := newHouse(t)
	b, stranger := h.signedIn("alice"), h.signedIn("bob")
	h.allow(stranger, "web", online)
	theirs := stranger.press(stranger.open(), "withdraw", "web").Header().Get("Location")
	own := b.press(b.open(), "withdraw", "web").Header().Get("Location")
	target := func(location string) string { return strings.TrimPrefix(location, granttest.Issuer) }
	for name, address := range map[string]string{
		"words": "/account?done=withdraw", "everywhere": "/account?done=everywhere", "another's": target(theirs),
		"altered": target(own) + "A", "a form": "/account?done=" + url.QueryEscape(granttest.Sealed(t, b.open())),
	} {
		page := b.get(address)
		granttest.WantPage(t, page, http.StatusOK, "Your account")
		if lacks(t, page, "no access any more", "signed out."); t.Failed() {
			t.Fatal(name)
		}
	}
	granttest.WantPage(t, b.get(target(own)), http.StatusOK, "Your account", "web has no access any more.")
	h.Clock.Advance(2 * time.Minute)
	lacks(t, b.get(target(own)), "no access any more") // old news
	own = b.press(b.open(), "withdraw", "web").Header().Get("Location")
	b.signIn("bob") // the same browser
	lacks(t, b.get(target(own)), "no access any more")
	granttest.WantPage(t, h.browser().get("/account?done=everywhere"), http.StatusOK, "Sign in")
}

func TestThreat083_ThePagesSayWhatSigningOutEnds(t *testing.T) {
	for _, ends := range []bool{false, true} {
		cfg := granttest.Standard()
		cfg.EndOffline = ends
		h := furnish(t, granttest.New(t), cfg)
		b := h.signedIn("alice")
		away := h.allow(b, "web", offline)
		page := b.open()
		if got := strings.Contains(page.Body.String(), "keep it until you withdraw it"); got == ends {
			t.Errorf("the account page says %t", got)
		}
		page = b.follow(page, "sign_out", "here")
		if got := strings.Contains(page.Body.String(), "while you are away still have it"); got == ends {
			t.Errorf("the last page says %t", got)
		}
		h.wantLive(!ends, away)
	}
}
