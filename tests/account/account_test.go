package account

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// world is a provider with a guarded API. The client web of the House needs no consent; shop does.
type world struct{ harness.World }

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{harness.World{T: t}}
	w.House = harness.NewHouse(t, harness.Upstream(t, harness.SayUserID)).With(func(h *harness.House) {
		h.Provider = fmt.Sprintf(`client shop {
			name "Web shop"
			secret %s
			redirect_uris %s
			grant_types authorization_code refresh_token
			scopes openid offline_access %s
		}`, harness.WebSecret, harness.HouseRedirect, harness.HouseScope)
	})
	w.Caddy = w.House.Start(t, t.TempDir())
	return w
}

// refresh uses a refresh token once.
func (w *world) refresh(tokens *harness.Reply, id, want string) {
	w.T.Helper()
	reply, err := w.Party(id).Refresh(tokens.RefreshToken)
	if err != nil || reply.Error != want {
		w.T.Errorf("refreshing for %s: %v, %v; want error %q", id, reply, err, want)
	}
}

// page opens the account page of whoever is signed in.
func (w *world) page(browser *http.Client) harness.Answer {
	w.T.Helper()
	page := harness.Get(w.T, browser, w.House.Issuer()+"/account")
	if page.StatusCode != http.StatusOK || !strings.Contains(page.Text, "<h1>Your account</h1>") {
		w.T.Fatalf("%s\n%s", page.Status, page.Text)
	}
	return page
}

// endButtons are those that sign out of one browser.
var endButtons = regexp.MustCompile(`name="end" value="([^"]+)"`)

// press presses a button of the page and follows it.
func (w *world) press(browser *http.Client, page harness.Answer, name, value, then string) {
	w.T.Helper()
	answer := harness.Submit(w.T, browser, harness.FormOf(w.T, page), name, value)
	location, err := answer.Location()
	if err != nil || answer.StatusCode != http.StatusSeeOther {
		w.T.Fatalf("%s=%s: %s, %v\n%s", name, value, answer.Status, err, answer.Text)
	}
	if next := harness.Get(w.T, browser, location.String()); !strings.Contains(next.Text, then) {
		w.T.Errorf("%s=%s leads to %s\n%s", name, value, next.Status, next.Text)
	}
}

// silent is what a client gets for whoever is signed in, without a page.
func (w *world) silent(browser *http.Client, id string) string {
	w.T.Helper()
	if _, err := w.Party(id).Silent(browser, "scope", "openid"); err != nil {
		return err.Error()
	}
	return ""
}

func TestThreat020_TheGuardRefusesWhatWasWithdrawnOnTheNextRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	browser := w.Client(t)
	shop := w.Tokens(browser, "shop", harness.OfflineScopes)
	web := w.Tokens(browser, "web", harness.OfflineScopes)
	page := w.page(browser)
	for _, want := range []string{"Web shop", "shop.example", "Keep this access while you are away", harness.HouseScope} {
		if !strings.Contains(page.Text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	w.press(browser, page, "withdraw", "shop", "Web shop has no access any more.")
	w.Guard(shop, http.StatusUnauthorized)
	w.refresh(shop, "shop", "invalid_grant")
	w.Guard(web, http.StatusOK)
	if got := w.silent(browser, "shop"); !strings.Contains(got, "consent_required") {
		t.Errorf("without a page: %q", got)
	}
	// Allowed again, it works again, and what was withdrawn does not.
	again := w.Tokens(browser, "shop", harness.OfflineScopes)
	w.Guard(shop, http.StatusUnauthorized)
	w.refresh(again, "shop", "")
}

func TestThreat083_TheGuardRefusesWhatASessionGotOnceItIsSignedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, there := w.Client(t), w.Client(t)
	online := w.Tokens(there, "shop", "openid "+harness.HouseScope)
	away := w.Tokens(there, "shop", harness.OfflineScopes)
	mine := w.Tokens(here, "web", "openid "+harness.HouseScope)
	page := w.page(here)
	sessions := endButtons.FindAllStringSubmatch(page.Text, -1)
	if len(sessions) != 2 {
		t.Fatalf("%d sessions:\n%s", len(sessions), page.Text)
	}
	w.press(here, page, "end", sessions[1][1], "That browser is signed out.") // the first is this one
	w.Guard(online, http.StatusUnauthorized)
	w.Guard(away, http.StatusOK)
	w.Guard(mine, http.StatusOK)
	if got := w.silent(there, "web"); !strings.Contains(got, "login_required") {
		t.Errorf("there: %q", got)
	}
	stolen := w.Client(t)
	provider, err := url.Parse(w.House.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range here.Jar.Cookies(provider) {
		stolen.Jar.SetCookies(provider, []*http.Cookie{{Name: cookie.Name, Value: cookie.Value, Path: "/", Secure: true}})
	}
	page = w.page(stolen)
	w.press(here, page, "sign_out", "here", "You are signed out")
	w.Guard(mine, http.StatusUnauthorized)
	if got := w.silent(stolen, "web"); !strings.Contains(got, "login_required") {
		t.Errorf("here: %q", got)
	}
}

func TestMust065_SigningOutEverywhereEndsItAllAndOutlivesACrash(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, there := w.Client(t), w.Client(t)
	shop := w.Tokens(there, "shop", harness.OfflineScopes)
	web := w.Tokens(here, "web", harness.OfflineScopes)
	w.press(here, w.page(here), "sign_out", "everywhere", "In every browser.")
	ended := func() {
		t.Helper()
		w.Guard(shop, http.StatusUnauthorized)
		w.Guard(web, http.StatusUnauthorized)
		w.refresh(shop, "shop", "invalid_grant")
		w.refresh(web, "web", "invalid_grant")
		for name, browser := range map[string]*http.Client{"here": here, "there": there} {
			if got := w.silent(browser, "web"); !strings.Contains(got, "login_required") {
				t.Errorf("%s: %q", name, got)
			}
		}
	}
	ended()
	w.Kill(t)
	w.Caddy = w.House.Start(t, w.Dir)
	ended()
	w.Guard(w.Tokens(there, "shop", harness.OfflineScopes), http.StatusOK)
}

func TestMust022_TheAccountPageTakesGetAndPostAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, method := range []string{http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		request, err := http.NewRequest(method, w.House.Issuer()+"/account", nil)
		if err != nil {
			t.Fatal(err)
		}
		if answer := harness.Do(t, w.Client(t), request); answer.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: %s", method, answer.Status)
		}
	}
	page := harness.Get(t, w.Client(t), w.House.Issuer()+"/account")
	if !strings.Contains(page.Text, "<h1>Sign in</h1>") {
		t.Errorf("nobody is signed in, and the page is\n%s", page.Text)
	}
}
