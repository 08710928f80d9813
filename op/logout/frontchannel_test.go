package logout

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

const webOut = "https://web.example/out"

// tellingHouse has an address for web that is loaded when a session ends.
func tellingHouse(t *testing.T) *house {
	t.Helper()
	cfg := standard()
	cfg.Clients[0].FrontchannelLogoutURI = webOut
	return furnish(t, granttest.New(t), cfg)
}

// told follows an answer to the page that tells the applications, and gives that page.
func (b *browser) told(w *httptest.ResponseRecorder) *httptest.ResponseRecorder {
	b.h.t.Helper()
	target, is := strings.CutPrefix(w.Header().Get("Location"), granttest.Issuer)
	if w.Code != http.StatusSeeOther || !is || !strings.HasPrefix(target, "/frontchannel_logout?") {
		b.h.t.Fatalf("%d to %q\n%s", w.Code, w.Header().Get("Location"), w.Body)
	}
	page := httptest.NewRecorder()
	b.h.frontChannel.ServeHTTP(page, b.Request(http.MethodGet, target, nil))
	return page
}

func TestMust063_TheApplicationsOfTheSessionAreToldOnTheWay(t *testing.T) {
	for name, logout := range map[string]func(b *browser, hint string) *httptest.ResponseRecorder{
		"at once": func(b *browser, hint string) *httptest.ResponseRecorder {
			return b.get("id_token_hint", hint, "post_logout_redirect_uri", bye, "state", "s t")
		},
		"confirmed": func(b *browser, _ string) *httptest.ResponseRecorder {
			return b.press(b.get("client_id", "web", "post_logout_redirect_uri", bye, "state", "s t"))
		},
	} {
		h := tellingHouse(t)
		b := h.signedIn("alice")
		hint := b.hint("web")
		page := b.told(logout(b, hint))
		if b.IsSignedIn() {
			t.Errorf("%s: still signed in", name)
		}
		if body := page.Body.String(); !strings.Contains(body, `<iframe src="`+webOut+`?iss=https%3A%2F%2Fid.example&amp;sid=`) || page.Header().Get("Refresh") != "3; url="+bye+"?state=s%20t" {
			t.Errorf("%s: Refresh: %s\n%s", name, page.Header().Get("Refresh"), body)
		}
		// A logout that is repeated has nobody to tell.
		granttest.WantRedirect(t, b.get("id_token_hint", hint, "post_logout_redirect_uri", bye), bye)
	}
}

func TestThePageThatSaysWhyItStopsComesAfterwards(t *testing.T) {
	h := tellingHouse(t)
	b := h.signedIn("alice")
	delete(b.Cookies, "__Host-gatehouse-test-browser")
	hint := b.hint("web")
	page := b.told(b.get("id_token_hint", hint, "post_logout_redirect_uri", "https://evil.example/"))
	location, is := strings.CutPrefix(page.Header().Get("Refresh"), "3; url="+granttest.Issuer)
	if !is || strings.Contains(page.Body.String(), "evil.example") {
		t.Fatalf("Refresh: %s\n%s", page.Header().Get("Refresh"), page.Body)
	}
	// Both seals are for the cookie that this one answer set.
	granttest.WantPage(t, b.send(b.Request(http.MethodGet, location, nil)), http.StatusOK, "Signed out", "has not registered")
}

func TestNobodyIsToldWhoDidNotJoin(t *testing.T) {
	h := tellingHouse(t)
	b := h.signedIn("alice")
	granttest.WantRedirect(t, b.get("id_token_hint", b.hint("signer"), "post_logout_redirect_uri", "https://signer.example/bye"), "https://signer.example/bye")
	if b.IsSignedIn() {
		t.Error("still signed in")
	}
	h.signedIn("bob").hint("web")
	granttest.WantPage(t, b.follow(b.get()), http.StatusOK, "Signed out")
}

// Until the store has ended the session nobody is told that it has.
func TestThreat083_NobodyIsToldOfASessionThatLives(t *testing.T) {
	h := tellingHouse(t)
	b := h.signedIn("alice")
	hint := b.hint("web")
	h.Faults.FailWrites(func(changes []store.Change) bool { return true })
	if w := b.get("id_token_hint", hint, "post_logout_redirect_uri", bye); w.Code != http.StatusServiceUnavailable || w.Header().Get("Location") != "" {
		t.Errorf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	h.Faults.FailWrites(nil)
	b.told(b.get("id_token_hint", hint, "post_logout_redirect_uri", bye))
}
