package site

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// everySite runs a test at a site that reads the provider's cookie and at one that has its own.
func everySite(t *testing.T, run func(t *testing.T, w *world, site string)) {
	w := newWorld(t)
	for name, site := range map[string]string{"the issuer's host": w.near, "another host": w.wiki} {
		t.Run(name, func(t *testing.T) { run(t, w, site) })
	}
}

func TestAPersonIsSentToSignInAndComesBack(t *testing.T) {
	everySite(t, func(t *testing.T, w *world, site string) {
		w.up.take()
		browser := w.Client(t)
		opened(t, browser, site+"/docs/page?id=7&q=a%20b", "diana", "diana")
		opened(t, browser, site+"/other", "", "diana") // and is asked once
		for _, got := range w.up.take() {
			if cookie := got.header.Get("Cookie"); cookie != "" || got.header.Get("Authorization") != "" {
				t.Errorf("the upstream sees %q", cookie)
			}
			if got.header.Get("X-Remote-User") != "diana" {
				t.Errorf("%s for %q", got.uri, got.header.Get("X-Remote-User"))
			}
		}
	})
}

func TestMust080_AnswersAreForOneBrowser(t *testing.T) {
	everySite(t, func(t *testing.T, w *world, site string) {
		browser := w.Client(t)
		first := harness.Get(t, browser, site+"/", navigation...)
		if first.StatusCode != http.StatusSeeOther || first.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %v", first.Status, first.Header)
		}
		answer := open(t, browser, site+"/", "diana")
		if vary := strings.Join(answer.Header["Vary"], ", "); answer.Header.Get("Cache-Control") != "private" ||
			!strings.Contains(vary, "Cookie") || !strings.Contains(vary, "Authorization") {
			t.Errorf("%v", answer.Header)
		}
	})
}

// Whoever is signed in has a token for the upstream too, though there is none in the browser.
func TestTheUpstreamGetsATokenOfAVisitor(t *testing.T) {
	w := newWorldWith(t, "", "upstream_token jwt")
	browser := w.Client(t)
	opened(t, browser, w.wiki+"/page", "diana", "diana")
	seen := w.up.take()
	p := harness.ReadPassport(t, browser, w.issuer, w.wiki, seen[len(seen)-1].header)
	if p.Claims["sub"] != "dikr0001" || p.Claims["preferred_username"] != "diana" || p.Claims["acr"] != "pwd" || p.Claims["client_id"] != nil || p.Claims["scope"] != nil {
		t.Errorf("%v", p.Claims)
	}
	if answer := harness.Get(t, w.Client(t), w.wiki+"/health"); answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status)
	}
	if seen = w.up.take(); seen[0].header["Authorization"] != nil {
		t.Errorf("on a public path: %v", seen[0].header)
	}
}
