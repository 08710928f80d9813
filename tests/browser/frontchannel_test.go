package browser

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

// Two applications of the provider's own site: on other ports, so of other origins.
func TestMust063_OneLogoutEndsTheSessionsOfAllApplications(t *testing.T) {
	t.Parallel()
	w, shop, forum := newReceivers(t, "localhost")
	for _, scripts := range []bool{true, false} {
		b := chromium.NewTab(t)
		b.Scripts(scripts)
		shop.signIn(b)
		forum.signIn(b)
		b.Visit(shop.logoutURL())
		b.Title("Bye from shop")
		if got := chromium.Eval[string](b, `document.getElementById("result").textContent`); got != "state=s%26t" {
			t.Errorf("scripts %t: came back with %q", scripts, got)
		}
		shop.is(b, "out")
		forum.is(b, "out")
		w.signedOut(b)
		for _, a := range []*receiver{shop, forum} {
			heard, _ := a.calls()
			last := heard[len(heard)-1]
			if last.Header.Get("Sec-Fetch-Dest") != "iframe" || last.Header.Get("Referer") != "" || last.FormValue("from") != "id" || last.FormValue("iss") != w.issuer || last.FormValue("sid") == "" {
				t.Errorf("%s: %s %v", a.id, last.URL, last.Header)
			}
		}
		if errors := append(b.Errors(), b.Violations()...); len(errors) > 0 {
			t.Errorf("scripts %t: the console says %q", scripts, errors)
		}
	}
	shops, _ := shop.calls()
	forums, _ := forum.calls()
	if len(shops) != 2 || len(forums) != 2 {
		t.Errorf("the shop was told %d times, the forum %d times; want once for each of 2 logouts", len(shops), len(forums))
	}
}

// What an application does with its frame keeps nobody, and gets nowhere.
func TestThreat095_NoApplicationKeepsThePersonOrLeavesItsFrame(t *testing.T) {
	t.Parallel()
	w, shop, forum := newReceivers(t, "localhost")
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	for name, out := range map[string]func(w http.ResponseWriter, r *http.Request){
		"500":          func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"204":          func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"a redirect":   func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, shop.base+"/home", http.StatusFound) },
		"not framable": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Frame-Options", "DENY") },
		"never": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-done:
			case <-r.Context().Done():
			}
		},
		"out of its frame": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`<!doctype html><script>
				try { top.location = "https://127.0.0.1:1/taken" } catch {}
				try { parent.document.title = "taken" } catch {}
				try { open("https://127.0.0.1:1/taken") } catch {}
				try { alert("taken") } catch {}
			</script>`))
		},
	} {
		forum.out = out
		b := chromium.NewTab(t)
		shop.signIn(b)
		forum.signIn(b)
		began := time.Now()
		b.Visit(shop.logoutURL())
		b.Title("Bye from shop")
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s: it took %s", name, took)
		}
		shop.is(b, "out")
		forum.is(b, "out") // it ended the session before anything else
		w.signedOut(b)
		if executed := b.Executions(); len(executed) > 0 {
			t.Errorf("%s: something ran: %q", name, executed)
		}
		for _, origin := range b.Asked() {
			if strings.HasSuffix(origin, ":1") {
				t.Errorf("%s: %s was asked", name, origin)
			}
		}
	}
}

// Without scripts an application that never answers leaves the person a link.
func TestThreat095_WithoutScriptsThereIsALink(t *testing.T) {
	t.Parallel()
	w, shop, forum := newReceivers(t, "localhost")
	g := newGallery(t)
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	forum.out = func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-done:
		case <-r.Context().Done():
		}
	}
	b := chromium.NewTab(t)
	b.Scripts(false)
	shop.signIn(b)
	forum.signIn(b)
	b.Visit(shop.logoutURL())
	b.Until("no page tells the applications", func() bool { return strings.Contains(b.Text(), "One moment") })
	b.Until("the forum is not told", func() bool { heard, _ := forum.calls(); return len(heard) > 0 })
	chromium.Eval[bool](b, `window.stop(), true`)
	g.show(b, "frontchannel")
	page := told(b, w.issuer)
	for _, directive := range []string{"frame-src " + forum.base + " " + shop.base, "frame-ancestors 'none'", "form-action 'none'"} {
		if policy := page.Headers["content-security-policy"]; !strings.Contains(policy, directive) {
			t.Errorf("the policy %q lacks %s", policy, directive)
		}
	}
	b.Press("#onward")
	b.Title("Bye from shop")
}

// told is the page that told the applications, as it was answered.
func told(b *chromium.Tab, issuer string) chromium.Document {
	b.T.Helper()
	documents := b.All()
	for _, document := range slices.Backward(documents) {
		if strings.HasPrefix(document.URL, issuer+"/frontchannel_logout?") {
			return document
		}
	}
	b.T.Fatalf("no application was told: %d documents", len(documents))
	return chromium.Document{}
}

// A person signs out on their account page, or somebody else signs in in their place.
func TestMust063_WhateverEndsTheSessionHereIsTold(t *testing.T) {
	t.Parallel()
	w, shop, forum := newReceivers(t, "localhost")
	b := chromium.NewTab(t)
	const here = "li.entry:has(.new) button[name=end]"
	for name, end := range map[string]func(){
		"here":       func() { b.Press(here) },
		"everywhere": func() { b.Click(".everywhere summary"); b.Press("button[value=everywhere]") },
		"another": func() {
			b.Open(w.issuer + "/login?prompt=login")
			b.Login("babs", "howes")
		},
	} {
		shop.signIn(b)
		forum.signIn(b)
		b.Open(w.issuer + "/account")
		end()
		if name == "another" {
			b.Title("Signed in · Gatehouse")
		} else {
			b.Title("Signed out · Gatehouse")
		}
		told(b, w.issuer)
		shop.is(b, "out")
		forum.is(b, "out")
		b.Open(w.issuer + "/account")
		if name == "another" { // so that the next one begins at the login page
			b.Press(here)
		}
	}
}

// An application of another site has its cookie in the frame where the browser sends cookies of third parties. Where it
// does not, the session there goes on, and nobody is kept.
func TestAnApplicationOfAnotherSiteIsToldAsFarAsTheBrowserLets(t *testing.T) {
	t.Parallel()
	w, shop, forum := newReceivers(t, "127.0.0.1")
	for _, sent := range []bool{true, false} {
		b, state := chromium.NewTab(t), "out"
		if !sent {
			b, state = chromium.NewStrictTab(t), "in"
		}
		shop.signIn(b)
		forum.signIn(b)
		b.Visit(shop.logoutURL())
		b.Title("Bye from shop")
		if _, cookie := forum.calls(); cookie != sent {
			t.Errorf("sent %t: the cookie came: %t", sent, cookie)
		}
		forum.is(b, state)
		w.signedOut(b)
	}
}
