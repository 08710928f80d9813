package logout

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// lapse lets time go by until nobody is signed in any more, though nobody has signed out.
func (b *browser) lapse() {
	b.h.t.Helper()
	if b.h.Clock.Advance(12 * time.Hour); b.IsSignedIn() {
		b.h.t.Fatal("still signed in")
	}
}

// A sign-in that was idle for too long leaves its tokens, and the sessions that applications made of it: whoever signs
// out then means those.
func TestThreat083_SigningOutEndsWhatALapsedSessionHasLeft(t *testing.T) {
	for name, logout := range map[string]func(b *browser, hint string) string{
		"at once": func(b *browser, hint string) string {
			return b.get("id_token_hint", hint, "post_logout_redirect_uri", bye).Header().Get("Location")
		},
		"confirmed": func(b *browser, _ string) string {
			page := b.get("client_id", "web", "post_logout_redirect_uri", bye)
			granttest.WantPage(b.h.t, page, http.StatusOK, "Sign out?", "Web shop", "You return to")
			// Who was signed in here is not for whoever comes later.
			if body := page.Body.String(); strings.Contains(body, "Signed in as") || strings.Contains(strings.ToLower(body), "alice") || strings.Contains(body, "Stay signed in") {
				b.h.t.Errorf("the page says who it was:\n%s", body)
			}
			return b.press(page).Header().Get("Location")
		},
	} {
		cfg := standard()
		cfg.EndOffline = true // what the last page says has ended has to have ended
		cfg.Clients[0].FrontchannelLogoutURI = webOut
		h := furnish(t, granttest.New(t), cfg)
		b := h.signedIn("alice")
		hint, away := b.hint("web"), b.tokens("other", offlineScopes)
		id := b.Session().ID
		b.lapse()
		if location := logout(b, hint); !strings.HasPrefix(location, granttest.Issuer+"/frontchannel_logout?") {
			t.Errorf("%s: to %q: no application is told", name, location)
		}
		h.wantLive(false, away)
		if sess, err := h.Sessions.Get(t.Context(), id); err != nil || !sess.Ended() {
			t.Errorf("%s: %+v, %v", name, sess, err)
		}
		if _, kept := b.Cookies["__Host-gatehouse-test-session"]; kept {
			t.Errorf("%s: the cookie is kept", name)
		}
	}
}

// A link alone ends nothing there either, and a store that fails is no success.
func TestThreat085_ALinkEndsNothingOfALapsedSession(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	hint, id := b.hint("web"), b.Session().ID
	b.lapse()
	unended := func() {
		t.Helper()
		if sess, err := h.Sessions.Get(t.Context(), id); err != nil || sess.Ended() {
			t.Errorf("%+v, %v", sess, err)
		}
	}
	granttest.WantPage(t, b.get("post_logout_redirect_uri", bye), http.StatusOK, "Sign out?")
	unended()
	h.Faults.FailWrites(func([]store.Change) bool { return true })
	granttest.WantPage(t, b.get("id_token_hint", hint), http.StatusServiceUnavailable, "Not available right now")
	h.Faults.FailWrites(nil)
	unended()
}
