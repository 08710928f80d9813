package account

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
)

const webOut = "https://web.example/out"

func tellingHouse(t *testing.T) *house {
	t.Helper()
	return furnish(t, granttest.New(t), with(func(c *client.Client) { c.FrontchannelLogoutURI = webOut }))
}

// join has web know the browser's session.
func (b *browser) join() (sid string) {
	b.h.t.Helper()
	sid, changes, err := b.h.Sessions.Join(b.h.t.Context(), b.Session(), "web", "sub-of-alice")
	if err == nil && len(changes) > 0 {
		err = b.h.Store.Commit(b.h.t.Context(), changes...)
	}
	if err != nil {
		b.h.t.Fatal(err)
	}
	return sid
}

func TestMust063_WhoSignsOutHereHasApplicationsToldHere(t *testing.T) {
	for name, press := range map[string]func(b *browser) (button, value string){
		"here":                 func(*browser) (string, string) { return actSignOut, here },
		"everywhere":           func(*browser) (string, string) { return actSignOut, everywhere },
		"this, among browsers": func(b *browser) (string, string) { return actEnd, b.Session().ID },
	} {
		h := tellingHouse(t)
		b, elsewhere := h.signedIn("alice"), h.signedIn("alice")
		sid, other := b.join(), elsewhere.join()
		button, value := press(b)
		w := b.press(b.open(), button, value)
		target, is := strings.CutPrefix(w.Header().Get("Location"), granttest.Issuer)
		if !is || !strings.HasPrefix(target, "/frontchannel_logout?") || b.IsSignedIn() {
			t.Fatalf("%s: %d to %q", name, w.Code, w.Header().Get("Location"))
		}
		page := b.Send(h.frontChannel, b.Request(http.MethodGet, target, nil))
		if body := page.Body.String(); !strings.Contains(body, `<iframe src="`+webOut+`?iss=https%3A%2F%2Fid.example&amp;sid=`+sid+`"`) || strings.Contains(body, other) {
			t.Errorf("%s: %d\n%s", name, page.Code, page.Body)
		}
		onward, is := strings.CutPrefix(page.Header().Get("Refresh"), "3; url="+granttest.Issuer)
		if !is {
			t.Fatalf("%s: Refresh: %s", name, page.Header().Get("Refresh"))
		}
		granttest.WantPage(t, b.get(onward), http.StatusOK, "Signed out")
	}
}

// Nothing can be told to a browser that is elsewhere, and this one has nothing to do with it.
func TestWhatEndsElsewhereIsNotToldHere(t *testing.T) {
	h := tellingHouse(t)
	b, elsewhere := h.signedIn("alice"), h.signedIn("alice")
	b.join()
	elsewhere.join()
	id := elsewhere.Session().ID
	granttest.WantPage(t, b.follow(b.open(), actEnd, id), http.StatusOK, "Your account", "That browser is signed out.")
	if elsewhere.IsSignedIn() || !b.IsSignedIn() {
		t.Error("not that browser, or not that one alone, is signed out")
	}
}

// Somebody else's sign-in ends the session that was there (protocol of the session: no two people share one).
func TestMust063_WhoSignsInInPlaceOfSomebodyElseHasTheirApplicationsTold(t *testing.T) {
	h := tellingHouse(t)
	b := h.signedIn("alice")
	sid := b.join()
	w := b.login(b.Send(h.signIn, b.Request(http.MethodGet, "/login?prompt=login", nil)), "bob")
	target, is := strings.CutPrefix(w.Header().Get("Location"), granttest.Issuer)
	if !is || !strings.HasPrefix(target, "/frontchannel_logout?") || b.Session().Account != "bob" {
		t.Fatalf("%d to %q as %s", w.Code, w.Header().Get("Location"), b.Session().Account)
	}
	page := b.Send(h.frontChannel, b.Request(http.MethodGet, target, nil))
	if !strings.Contains(page.Body.String(), "sid="+sid) || page.Header().Get("Refresh") != "3; url="+granttest.Issuer+"/login" {
		t.Errorf("Refresh: %s\n%s", page.Header().Get("Refresh"), page.Body)
	}
}
