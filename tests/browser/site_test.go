package browser

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

// sites are a provider and two web apps behind its guard: near on the provider's host, wiki on one of its own.
type sites struct {
	*harness.Caddy
	issuer, near, wiki string

	mu    sync.Mutex
	saved []string
}

const sitesProvider = `
	openid_provider main {
		issuer {issuer}
		lifetime {
			session {session}
		}
		client web {
			auth none
			redirect_uris http://127.0.0.1/callback
			scopes openid
		}
		user diana {
			password {krall}
			claim name "Diana Krall"
			claim groups staff
		}
		user babs {
			password {krall}
		}
	}
`

const guardedSites = `
{issuer} {
	openid_provider main
}
{near} {
	openid_guard {
		audience {near}
		browser
		header X-Remote-User preferred_username
	}
	reverse_proxy {app}
}
{wiki} {
	openid_guard {
		audience {wiki}
		browser
		allow claim groups staff
		require /admin/* {
			max_age 2s
		}
		header X-Remote-User preferred_username
	}
	reverse_proxy {app}
}
`

// app is a page with a form, links and a script, as web apps have them.
const app = `<!doctype html><title>App</title><meta name=viewport content="width=device-width">
<p id=who>%s</p><p id=where>%s</p>
<form method=post action=/save><input id=text name=text value="a long text"><button id=save>Save</button></form>
<a id=logout href=/.gatehouse/logout>Sign out</a>`

func newSites(t *testing.T, session string) *sites {
	t.Helper()
	s := &sites{
		issuer: fmt.Sprintf("https://localhost:%d", harness.Port(t)), near: fmt.Sprintf("https://localhost:%d", harness.Port(t)),
		wiki: fmt.Sprintf("https://wiki.localhost:%d", harness.Port(t)),
	}
	upstream := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(upstream.Close)
	words := strings.NewReplacer("{issuer}", s.issuer, "{near}", s.near, "{wiki}", s.wiki, "{session}", session,
		"{krall}", hash(t, "krall"), "{app}", strings.TrimPrefix(upstream.URL, "http://"))
	s.Caddy = harness.Start(t, words.Replace(sitesProvider), words.Replace(guardedSites))
	client := s.Client(t)
	for _, address := range []string{s.issuer + "/jwks", s.near, s.wiki} {
		harness.Reach(t, client, address)
	}
	return s
}

func (s *sites) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.saved = append(s.saved, string(body))
		s.mu.Unlock()
	}
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprintf(w, app, r.Header.Get("X-Remote-User"), r.RequestURI)
}

// fetched is what a script of the page gets, which fetch follows redirects for.
func fetched(b *chromium.Tab) int {
	b.T.Helper()
	chromium.Eval[bool](b, `fetch("/data").then(r => window.got = r.redirected ? -1 : r.status, () => window.got = -2), true`)
	b.Wait(`window.got !== undefined`)
	status := chromium.Eval[float64](b, `window.got`)
	chromium.Eval[bool](b, `delete window.got`)
	return int(status)
}

// at wants the app's page at this path, for that person.
func at(b *chromium.Tab, site, path, who string) {
	b.T.Helper()
	b.Title("App")
	if got := chromium.Eval[[]string](b, `[location.origin, document.getElementById("where").textContent, document.getElementById("who").textContent]`); !slices.Equal(got, []string{site, path, who}) {
		b.T.Errorf("%q, want %s%s for %s", got, site, path, who)
	}
}

func TestWebAppsOnTwoHostsNeedOneSignIn(t *testing.T) {
	t.Parallel()
	s, pictures := newSites(t, "24h"), newGallery(t)
	b := chromium.NewTab(t)

	b.Open(s.wiki + "/docs/page?id=7")
	b.Title("Sign in · Gatehouse")
	pictures.show(b, "site login")
	b.Login("diana", "krall")
	at(b, s.wiki, "/docs/page?id=7", "diana")
	b.Open(s.near + "/other")
	at(b, s.near, "/other", "diana")
	if status := fetched(b); status != http.StatusOK {
		t.Errorf("a script gets %d", status)
	}
	for _, address := range []string{s.wiki, s.near} {
		for _, cookie := range b.Cookies(address) {
			if strings.HasSuffix(cookie.Name, "-session-state") {
				continue // of session management, for scripts, and it says nothing
			}
			if !strings.HasPrefix(cookie.Name, "__Host-gatehouse-main-") || !cookie.Secure || !cookie.HTTPOnly {
				t.Errorf("TestThreat097: %+v", cookie)
			}
		}
	}
	b.Press("#save")
	at(b, s.near, "/save", "diana")

	// A page is left open at the wiki, and somebody signs out at the other site.
	wiki := b.Another()
	wiki.Open(s.wiki + "/edit")
	at(wiki, s.wiki, "/edit", "diana")
	if visible := chromium.Eval[string](wiki, `document.cookie`); visible != "" {
		t.Errorf("scripts see %q", visible)
	}
	b.Press("#logout")
	b.Title("Sign out? · Gatehouse")
	b.Press("button.primary")
	b.Title("Signed out · Gatehouse")
	if status := fetched(wiki); status != http.StatusUnauthorized {
		t.Errorf("a script of a page that is open still gets %d", status)
	}

	// What is typed there is not lost.
	before := len(s.saved)
	wiki.Press("#save")
	wiki.Title("You are signed out")
	pictures.show(wiki, "site signed out")
	other := b.Another()
	other.Open(chromium.Eval[string](wiki, `document.querySelector("a").href`))
	other.Title("Sign in · Gatehouse")
	other.Login("diana", "krall")
	at(other, s.wiki, "/", "diana")
	wiki.Leave(func() { chromium.Call(wiki, page.Reload, page.ReloadParams{}) })
	at(wiki, s.wiki, "/save", "diana")
	if len(s.saved) != before+1 || s.saved[before] != "text=a+long+text" {
		t.Errorf("saved %q", s.saved[before:])
	}
	for _, tab := range []*chromium.Tab{b, wiki, other} {
		if violations := tab.Violations(); len(violations) != 0 {
			t.Errorf("%q", violations)
		}
	}
}

func TestAWebAppAsksToSignInAgain(t *testing.T) {
	t.Parallel()
	s := newSites(t, "24h")
	b := chromium.NewTab(t)
	b.Open(s.wiki + "/admin/users?sort=name")
	b.Login("diana", "krall")
	at(b, s.wiki, "/admin/users?sort=name", "diana")
	b.Until("the sign-in never grows old", func() bool {
		b.Open(s.wiki + "/admin/users?sort=name")
		return chromium.Eval[string](b, `document.title`) == "Sign in · Gatehouse"
	})
	b.Another().Open(s.wiki + "/") // the rest of the site does not mind
	b.Login("diana", "krall")
	at(b, s.wiki, "/admin/users?sort=name", "diana")
	b.Open(s.wiki + "/")
	at(b, s.wiki, "/", "diana")
}

func TestWhoIsNotAllowedReadsSoAndMayChange(t *testing.T) {
	t.Parallel()
	s, pictures := newSites(t, "24h"), newGallery(t)
	b := chromium.NewTab(t)
	b.Open(s.wiki + "/page")
	b.Login("babs", "krall")
	b.Title("You have no access")
	pictures.show(b, "site not allowed")
	b.Press("a")
	b.Title("Sign in · Gatehouse")
	b.Login("diana", "krall")
	at(b, s.wiki, "/", "diana")

	// A link from somebody else's sign-in.
	b.Open(s.wiki + "/.gatehouse/enter?code=gsc_x")
	at(b, s.wiki, "/", "diana") // is signed in already
	stranger := chromium.NewTab(t)
	stranger.Open(s.wiki + "/.gatehouse/enter?code=gsc_x")
	stranger.Title("Signing in did not work")
	pictures.show(stranger, "site not entered")
	stranger.Press("a")
	stranger.Title("Sign in · Gatehouse")
}

// A page of another site makes the browser send its forms; the cookie goes along from a sibling.
func TestThreat087_APageOfASiblingCannotWrite(t *testing.T) {
	t.Parallel()
	s := newSites(t, "24h")
	b := chromium.NewTab(t)
	b.Open(s.wiki + "/")
	b.Login("diana", "krall")
	at(b, s.wiki, "/", "diana")
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<title>Evil</title><form method=post action="%s/save"><input name=text value=evil><button>Win</button></form>`, s.wiki)
	}))
	defer evil.Close()
	b.Open(strings.Replace(evil.URL, "127.0.0.1", "evil.localhost", 1))
	b.Press("button")
	b.Wait(`document.title !== "Evil"`)
	if title := chromium.Eval[string](b, `document.title`); title != "Nothing was done" {
		t.Errorf("%q", title)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.saved) != 0 {
		t.Errorf("saved %q", s.saved)
	}
}

func TestAnExpiredSessionSignsInAgainAndComesBack(t *testing.T) {
	t.Parallel()
	s := newSites(t, "1m")
	b := chromium.NewTab(t)
	b.Open(s.wiki + "/page?x=1")
	b.Login("diana", "krall")
	at(b, s.wiki, "/page?x=1", "diana")
	status := 0
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline) && status != http.StatusUnauthorized; time.Sleep(time.Second) {
		if status = fetched(b); status != http.StatusOK && status != http.StatusUnauthorized {
			t.Fatalf("a script gets %d", status)
		}
	}
	b.Open(s.wiki + "/page?x=1")
	b.Title("Sign in · Gatehouse")
	b.Login("diana", "krall")
	at(b, s.wiki, "/page?x=1", "diana")
}
