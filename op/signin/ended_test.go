package signin

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

// tellingHouse has an application that is told when a session ends, and a browser whose session it has joined.
func tellingHouse(t *testing.T) (*house, *browser) {
	t.Helper()
	h := newHouse(t)
	h.clients = []*client.Client{{ID: "web", RedirectURIs: []string{"https://shop.example.com/cb"}, FrontchannelLogoutURI: "https://shop.example.com/out"}}
	h.SignIn = h.build()
	b := h.browser()
	b.signIn("diana", dianasSecret)
	_, changes, err := h.SignIn.Sessions.Join(t.Context(), b.session(), "web", "sub-of-diana")
	if err == nil {
		err = h.store.Commit(t.Context(), changes...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return h, b
}

// onward is where the page that tells applications leads, "" if there was no such page.
func (b *browser) onward(w *httptest.ResponseRecorder) string {
	b.h.t.Helper()
	target, is := strings.CutPrefix(w.Header().Get("Location"), issuer)
	if !is || !strings.HasPrefix(target, "/frontchannel_logout?") {
		return ""
	}
	page := httptest.NewRecorder()
	b.h.SignIn.FrontChannel.ServeHTTP(page, b.request(http.MethodGet, target, nil))
	if !strings.Contains(page.Body.String(), "https://shop.example.com/out?iss=") {
		b.h.t.Errorf("%d\n%s", page.Code, page.Body)
	}
	return strings.TrimPrefix(page.Header().Get("Refresh"), "3; url=")
}

func TestMust063_ApplicationsAreToldOfWhomASignInEnds(t *testing.T) {
	h, b := tellingHouse(t)
	i := h.pending(t)
	onward := b.onward(b.login(b.ask(i, Prompt{}), "babs", "howes"))
	u, err := url.Parse(onward)
	if err != nil || !strings.HasPrefix(onward, issuer+"/authorize?") {
		t.Fatalf("on to %q, %v", onward, err)
	}
	back, err := h.SignIn.Interactions.Open(b.request(http.MethodGet, "/authorize", nil), u.Query().Get("interaction"))
	if err != nil || back.ID != i.ID || back.SessionID != b.session().ID || b.session().Account != "babs" {
		t.Errorf("%+v, %v", back, err)
	}

	// The same person whose password has changed has a new session, too.
	h, b = tellingHouse(t)
	h.users[0] = &user.User{Name: "diana", PasswordHash: "hash:changed"}
	h.SignIn = h.build()
	if onward := b.onward(b.login(b.ask(h.SignIn.Interactions.Receive(interaction.NextAccount, nil), Prompt{}), "diana", "changed")); onward != issuer+"/account" {
		t.Errorf("on to %q", onward)
	}
}

func TestNobodyIsToldOfASignInThatEndsNothing(t *testing.T) {
	h, b := tellingHouse(t)
	for name, before := range map[string]func(){
		"again":                  func() {},
		"after the idle limit":   func() { h.advance(13 * time.Hour) },
		"after it was ended":     func() { _ = h.SignIn.Sessions.End(t.Context(), b.session().ID) },
		"in a browser of theirs": func() { b = h.browser() },
	} {
		before()
		if w := b.login(b.get("/login?prompt=login"), "diana", dianasSecret); w.Header().Get("Location") != issuer+"/login" {
			t.Errorf("%s: %d to %q", name, w.Code, w.Header().Get("Location"))
		}
	}
}

func TestAStoreThatCannotTellWhoWasThereSignsNobodyIn(t *testing.T) {
	h, b := tellingHouse(t)
	page := b.get("/login?prompt=login")
	h.store.err = oauth.ErrUnavailable
	if w := b.login(page, "babs", "howes"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	h.store.err = nil
	if got := b.session().Account; got != "diana" {
		t.Errorf("%s is signed in", got)
	}
}
