package site

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// walk goes from a page of a site until an address is reached that has this part, and returns it unvisited.
func walk(t *testing.T, browser *http.Client, address, part, user string) string {
	t.Helper()
	answer := harness.Get(t, browser, address, navigation...)
	for range 8 {
		if strings.Contains(answer.Text, `name="password"`) && user != "" {
			answer = harness.Submit(t, browser, harness.FormOf(t, answer), "username", user, "password", password)
			continue
		}
		location, err := answer.Location()
		if err != nil {
			t.Fatalf("%s: %v\n%s", answer.Request.URL, err, answer.Text)
		}
		if strings.Contains(location.String(), part) {
			return location.String()
		}
		answer = harness.Get(t, browser, location.String(), navigation...)
	}
	t.Fatal("never " + part)
	return ""
}

func TestThreat086_NobodyIsSignedInBySomebodyElsesLink(t *testing.T) {
	w := newWorld(t)
	attacker, victim := w.Client(t), w.Client(t)
	open(t, victim, w.shop+"/", "diana")
	w.up.take()

	// The way back of the attacker's own sign-in, in the victim's browser.
	planted := walk(t, attacker, w.wiki+"/", "/.gatehouse/enter?code=", "diana")
	got := harness.Get(t, victim, planted, navigation...)
	w.wantRefused(t, "another's code", got, http.StatusForbidden)
	if !strings.Contains(got.Text, "Signing in did not work") || got.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%v\n%s", got.Header, got.Text)
	}
	if got := harness.Get(t, victim, w.wiki+"/", "Accept", "*/*"); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("the victim is signed in: %s", got.Status)
	}
	// It is spent by that, also for the attacker.
	w.wantRefused(t, "a code that another browser has shown", harness.Get(t, attacker, planted, navigation...), http.StatusForbidden)

	// The way there of the attacker's sign-in, which the victim's session would finish: the code is good in the
	// attacker's browser alone, where it never comes; the browser that it comes to spends it.
	begun := walk(t, w.Client(t), w.wiki+"/", "/site?visit=", "")
	leaked := walk(t, victim, begun, "/.gatehouse/enter?code=", "")
	w.wantRefused(t, "a visit of another browser", harness.Get(t, victim, leaked, navigation...), http.StatusForbidden)
	w.wantRefused(t, "what came of it", harness.Get(t, attacker, leaked, navigation...), http.StatusForbidden)
}

func TestThreat013_ACodeCountsOnceAndAtItsSite(t *testing.T) {
	w := newWorld(t)
	browser := w.Client(t)
	code := walk(t, browser, w.wiki+"/page", "/.gatehouse/enter?code=", "diana")
	elsewhere := strings.Replace(code, w.wiki, w.shop, 1)
	walk(t, browser, w.shop+"/", "/site?visit=", "") // has the shop's cookie too
	w.up.take()
	w.wantRefused(t, "at another site", harness.Get(t, browser, elsewhere, navigation...), http.StatusForbidden)
	w.wantRefused(t, "at its site after that", harness.Get(t, browser, code, navigation...), http.StatusForbidden)

	code = walk(t, browser, w.wiki+"/page?x=1", "/.gatehouse/enter?code=", "")
	got := harness.Get(t, browser, code, navigation...)
	if location := got.Header.Get("Location"); got.StatusCode != http.StatusSeeOther || location != w.wiki+"/page?x=1" {
		t.Fatalf("%s to %q", got.Status, location)
	}
	// Back and Enter: the code is spent, but the browser is signed in.
	got = harness.Get(t, browser, code, navigation...)
	if location := got.Header.Get("Location"); location != w.wiki+"/" || len(got.Cookies()) != 0 {
		t.Errorf("again: %s to %q with %v", got.Status, location, got.Cookies())
	}
	thief := w.Client(t)
	w.wantRefused(t, "in another browser", harness.Get(t, thief, code, navigation...), http.StatusForbidden)
	for _, bad := range []string{"", "?code=", "?code=gsc_unknown", "?code=a&code=b", "?code=%00", "?x"} {
		w.wantRefused(t, bad, harness.Get(t, thief, w.wiki+"/.gatehouse/enter"+bad, navigation...), http.StatusForbidden)
	}
}

func TestThreat097_TheCookieOfASite(t *testing.T) {
	w := newWorld(t)
	browser := w.Client(t)
	got := harness.Get(t, browser, walk(t, browser, w.wiki+"/", "/.gatehouse/enter?code=", "diana"), navigation...)
	cookies := got.Cookies()
	if len(cookies) != 1 {
		t.Fatalf("%v", got.Header)
	}
	c := cookies[0]
	if !strings.HasPrefix(c.Name, "__Host-gatehouse-main-site-") || len(c.Value) != 43 || !c.Secure || !c.HttpOnly ||
		c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode || c.MaxAge <= 0 {
		t.Errorf("%+v", c)
	}
	plain := w.Client(t)
	ask := func(address string, cookie ...string) int {
		t.Helper()
		header := []string{"Accept", "*/*"}
		for _, one := range cookie {
			header = append(header, "Cookie", one)
		}
		return harness.Get(t, plain, address, header...).StatusCode
	}
	mine := c.Name + "=" + c.Value
	if status := ask(w.wiki+"/", mine); status != http.StatusOK {
		t.Fatalf("its own site: %d", status)
	}
	shops := shopCookie(t, w)
	for name, status := range map[string]int{
		"the wiki's at the shop":    ask(w.shop+"/", mine),
		"renamed":                   ask(w.shop+"/", shops+"="+c.Value),
		"twice":                     ask(w.wiki+"/", mine+"; "+mine),
		"and a planted one":         ask(w.wiki+"/", c.Name+"=planted; "+mine),
		"in two lines":              ask(w.wiki+"/", mine, c.Name+"=planted"),
		"shorter":                   ask(w.wiki+"/", mine[:len(mine)-1]),
		"longer":                    ask(w.wiki+"/", mine+"A"),
		"of another case":           ask(w.wiki+"/", strings.ToLower(c.Name)+"="+strings.ToUpper(c.Value)),
		"as the provider's session": ask(w.near+"/", "__Host-gatehouse-main-session="+c.Value),
		"the visit cookie's name":   ask(w.wiki+"/", c.Name+"-visit="+c.Value),
		"quoted":                    ask(w.wiki+"/", c.Name+`="`+c.Value+`"`),
		"empty":                     ask(w.wiki+"/", c.Name+"="),
		"many cookies and none":     ask(w.wiki+"/", strings.Repeat("a=b; ", 200)+"x=y"),
	} {
		if status != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, status)
		}
	}
	// A new sign-in at the site gives a new value and ends the old one.
	open(t, browser, w.wiki+"/.gatehouse/login?prompt=login", "diana")
	if status := ask(w.wiki+"/", mine); status != http.StatusUnauthorized {
		t.Errorf("TestThreat081: the cookie from before: %d", status)
	}
}

// shopCookie is the name of the shop's cookie.
func shopCookie(t *testing.T, w *world) string {
	t.Helper()
	browser := w.Client(t)
	cookies := harness.Get(t, browser, walk(t, browser, w.shop+"/", "/.gatehouse/enter?code=", "diana"), navigation...).Cookies()
	if len(cookies) != 1 {
		t.Fatal(cookies)
	}
	return cookies[0].Name
}

func TestThreat010_NoAddressOfARequestIsEverGoneTo(t *testing.T) {
	w := newWorld(t)
	browser := w.Client(t)
	open(t, browser, w.wiki+"/", "diana")
	anonymous := w.Client(t)
	ours := map[string]bool{}
	for _, address := range []string{w.issuer, w.near, w.wiki, w.shop} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		ours[u.Host] = true
	}
	names := []string{"visit", "interaction", "code", "prompt", "next", "return_to", "redirect_uri", "rd", "url", "state", "site", "path"}
	for _, evil := range redirects() {
		targets := []string{w.wiki + "/?to=" + url.QueryEscape(evil), w.near + "/.gatehouse/x?" + url.QueryEscape(evil), w.wiki + "/" + url.PathEscape(evil)}
		for _, path := range []string{w.wiki + "/.gatehouse/enter", w.wiki + "/.gatehouse/login", w.wiki + "/.gatehouse/logout", w.issuer + "/site"} {
			query := url.Values{}
			for _, name := range names {
				query.Set(name, evil)
			}
			targets = append(targets, path+"?"+query.Encode())
		}
		for _, client := range []*http.Client{browser, anonymous} {
			for _, target := range targets {
				got := harness.Get(t, client, target, navigation...)
				if got.Header.Get("Location") == "" {
					continue
				}
				location, err := got.Location()
				if err != nil || location.Scheme != "https" || !ours[location.Host] || location.User != nil {
					t.Errorf("%s leads to %q", target, got.Header.Get("Location"))
				}
			}
		}
	}
}

// redirects are texts that some browser reads as an address of another site.
func redirects() []string {
	var all []string
	for _, slashes := range []string{"//", "///", `\\`, `/\`, `\/`, "/\t/", "https://", "https:", "https:/", "HTTPS:////", "/%2F", "/%5C", "javascript://", "/./", "/..//", "//%00", "/\r\n/", "", "?", "#", "@"} {
		for _, host := range []string{"evil.example", "evil.example/.gatehouse", "wiki.localhost@evil.example", "evil.example#wiki.localhost", "evil。example", "[::1]", "evil.example:443", ".evil.example"} {
			all = append(all, slashes+host)
		}
	}
	return all
}
