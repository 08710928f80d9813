package site

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// fetched is the status of what a script of a page gets.
func fetched(t *testing.T, browser *http.Client, address string) int {
	t.Helper()
	return harness.Get(t, browser, address, "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin").StatusCode
}

func TestThreat083_SigningOutEndsEverySite(t *testing.T) {
	w := newWorld(t)
	browser := w.Client(t)
	all := []string{w.near + "/", w.wiki + "/", w.shop + "/"}
	for how, end := range map[string]func(){
		"the site's sign-out path": func() {
			page := open(t, browser, w.wiki+"/.gatehouse/logout", "")
			if !strings.HasPrefix(page.Request.URL.String(), w.issuer+"/end_session") {
				t.Fatalf("at %s\n%s", page.Request.URL, page.Text)
			}
			for _, site := range all { // a link alone does nothing
				if status := fetched(t, browser, site); status != http.StatusOK {
					t.Errorf("asked, but not answered: %s %d", site, status)
				}
			}
			harness.Submit(t, browser, harness.FormOf(t, page))
		},
		"everywhere": func() {
			other := w.Client(t)
			open(t, other, w.near+"/", "diana")
			form := harness.FormOf(t, harness.Get(t, other, w.issuer+"/account"))
			harness.Submit(t, other, form, "sign_out", "everywhere")
		},
		"somebody else": func() {
			open(t, browser, w.shop+"/.gatehouse/login?prompt=login", "babs")
		},
	} {
		for _, site := range all {
			opened(t, browser, site, "diana", "diana")
		}
		stolen := w.Client(t)
		for _, site := range append(all, w.issuer) {
			u, err := url.Parse(site)
			if err != nil {
				t.Fatal(err)
			}
			var secure []*http.Cookie
			for _, c := range browser.Jar.Cookies(u) {
				secure = append(secure, &http.Cookie{Name: c.Name, Value: c.Value, Path: "/", Secure: true})
			}
			stolen.Jar.SetCookies(u, secure)
		}
		end()
		for _, site := range all {
			if status := fetched(t, stolen, site); status != http.StatusUnauthorized {
				t.Errorf("%s: a stolen cookie at %s: %d", how, site, status)
			}
			if how == "somebody else" {
				continue // is signed in there
			}
			if status := fetched(t, browser, site); status != http.StatusUnauthorized {
				t.Errorf("%s: %s: %d", how, site, status)
			}
		}
		open(t, browser, w.issuer+"/login?prompt=login", "diana")
	}
}

func TestWhoIsNotAllowedIsToldSoOnce(t *testing.T) {
	w := newWorld(t)
	browser := w.Client(t)
	w.up.take()
	for _, site := range []string{w.wiki, w.shop} {
		got := open(t, browser, site+"/page", "babs")
		if got.StatusCode != http.StatusForbidden || !strings.Contains(got.Text, "You have no access") || !strings.Contains(got.Text, "<bdi>babs</bdi>") ||
			got.Request.URL.String() != site+"/page" {
			t.Errorf("%s %s\n%s", got.Status, got.Request.URL, got.Text)
		}
		if status := fetched(t, browser, site+"/page"); status != http.StatusForbidden {
			t.Errorf("fetched: %d", status)
		}
	}
	if seen := w.up.take(); len(seen) != 0 {
		t.Errorf("the upstream heard %+v", seen)
	}
	opened(t, browser, w.near+"/page", "", "babs")
	// As somebody else.
	if got := open(t, browser, w.wiki+"/.gatehouse/login?prompt=login", "diana"); got.Text != "hello diana at /" {
		t.Errorf("%s\n%s", got.Status, got.Text)
	}
}

func TestSessionsStayOverAReload(t *testing.T) {
	w := newWorld(t)
	browser := w.Client(t)
	for _, site := range []string{w.near, w.wiki, w.shop} {
		opened(t, browser, site+"/", "diana", "diana")
	}
	code := walk(t, w.Client(t), w.wiki+"/", "/site?visit=", "")
	w.reload(t, "", "header X-Reloaded sub")
	w.up.take()
	for _, site := range []string{w.near, w.wiki, w.shop} {
		opened(t, browser, site+"/", "", "diana")
	}
	if got := harness.Get(t, w.Client(t), code); got.StatusCode != http.StatusOK {
		t.Errorf("a sign-in that was begun before: %s", got.Status)
	}
}

// reload replaces the configuration and waits until it serves: the wiki's guard is then another one.
func (w *world) reload(t *testing.T, more, guard string) {
	t.Helper()
	options, guarded := w.config(more, guard)
	if err := w.Load(t, options, guarded); err != nil {
		t.Fatal(err)
	}
}
