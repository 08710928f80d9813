package site

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
)

func TestAVisitTellsNothingAndFitsIntoAnAddress(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	for _, path := range []string{"/", "/secret/page?token=abc", "/" + strings.Repeat("long", 2000), "/page?" + strings.Repeat("long", 2000), "/?" + strings.Repeat("x", maxPath-2)} {
		address := b.begin(wiki, Wish{Path: path})
		if strings.Contains(address, "secret") || strings.Contains(address, "wiki") || len(address) > 7<<10 {
			t.Errorf("%d bytes: %.200s", len(address), address)
		}
	}
	if first := b.begin(wiki, Wish{}); b.begin(wiki, Wish{}) == first {
		t.Error("two visits look alike")
	}
}

func TestTheVisitCookieIsSharedByTabsAndOfOneSite(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	name := CookieName("test", wiki) + "-visit"
	b.begin(wiki, Wish{})
	first := b.cookies["wiki.example"][name]
	b.begin(wiki, Wish{Path: "/other"})
	if again := b.cookies["wiki.example"][name]; len(first) != 43 || again != first {
		t.Errorf("%q, then %q", first, again)
	}
	b.begin(shop, Wish{})
	if b.cookies["shop.example"][CookieName("test", shop)+"-visit"] == first {
		t.Error("two sites share it")
	}
	b.begin(near, Wish{})
	if len(b.cookies["id.example"]) != 0 {
		t.Errorf("a site on the issuer's host needs none: %v", b.cookies["id.example"])
	}
	w := httptest.NewRecorder()
	if _, err := h.Begin(w, b.request(http.MethodGet, wiki.URL, nil), wiki.Audience, Wish{}); err != nil {
		t.Fatal(err)
	}
	c := w.Result().Cookies()[0]
	if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != int(life.Seconds()) {
		t.Errorf("TestThreat097: %+v", c)
	}
	if _, err := h.Begin(w, b.request(http.MethodGet, wiki.URL, nil), "https://nobody.example", Wish{}); err == nil {
		t.Error("a site that nobody configured")
	}
}

// Whatever path a guard hands over, a browser that follows stays at the site.
func TestThreat010_EveryPathStaysAtItsSite(t *testing.T) {
	h := newHouse(t)
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.OneOf(
			rapid.String(),
			rapid.StringMatching(`[/\\.@#?%:;a-z \t]{0,12}(evil\.example)?`),
			rapid.StringMatching(`/[ -~]{0,40}`),
		).Draw(t, "path")
		for _, at := range []Site{near, wiki, shop} {
			location := h.known[at.Audience].location(pathWithin(path))
			u, err := url.Parse(location)
			if err != nil || u.Scheme != "https" || "https://"+u.Host != at.Origin() || u.User != nil || strings.ContainsAny(location, "\\\r\n\t ") {
				t.Errorf("%q leads to %q", path, location)
			}
		}
	})
}

func TestLongPathsLoseTheirQueryThenAll(t *testing.T) {
	for path, want := range map[string]string{
		"/page?q=1": "/page?q=1", "/page?" + strings.Repeat("q", maxPath): "/page", "/" + strings.Repeat("p", maxPath): "", "": "", "page": "", "/a b": "", "/é": "", "/%": "", "/%2": "", "/%20": "/%20",
	} {
		if got := pathWithin(path); got != want {
			t.Errorf("%.20q is %q", path, got)
		}
	}
}

func TestSitesAreChecked(t *testing.T) {
	for url, fine := range map[string]bool{
		"https://wiki.example": true, "https://wiki.example:8443": true, "https://wiki.example/app": true, "https://wiki.example/a/b": true,
		"https://[::1]:8443": true, "": false, "wiki.example": false, "http://wiki.example": false, "https://": false, "https:///app": false,
		"https://wiki.example/": false, "https://wiki.example/app/": false, "https://wiki.example?x": false, "https://wiki.example#x": false,
		"https://user@wiki.example": false, "https://Wiki.example": false, "https://wiki.example.": false, "https://wiki.example//a": false,
		"https://wiki.example/../a": false, "https://wiki.example/a%2fb": false, "urn:example:wiki": false, "https:wiki": false, "https://wiki.example/é": false,
	} {
		if err := (Site{Audience: "a", URL: url}).Check(); (err == nil) != fine {
			t.Errorf("%s: %v", url, err)
		}
	}
	if _, err := New(Deps{Issuer: granttest.Issuer, Sites: []Site{{Audience: "a", URL: "http://wiki.example"}}}); err == nil {
		t.Error("New takes a site without TLS")
	}
}

func TestNames(t *testing.T) {
	if !near.OnHostOf(granttest.Issuer) || wiki.OnHostOf(granttest.Issuer) || !(Site{URL: "https://ID.example."}).OnHostOf(granttest.Issuer) {
		t.Error("which sites are on the issuer's host")
	}
	if (Site{URL: "%"}).OnHostOf("%") || (Site{URL: "%"}).Host() != "" {
		t.Error("what is no URL has no host")
	}
	if CookieName("main", wiki) == CookieName("main", shop) || CookieName("main", wiki) == CookieName("other", wiki) ||
		!strings.HasPrefix(CookieName("main", wiki), CookiePrefix("main")) || !strings.HasPrefix(CookieName("main", wiki), "__Host-") {
		t.Errorf("%s, %s", CookieName("main", wiki), CookieName("main", shop))
	}
}
