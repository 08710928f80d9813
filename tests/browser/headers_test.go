package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
)

func TestThreat097_CookiesAreOnlyOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := newProfile(t)
	w.signIn(b)
	cookies := b.cookies(w.issuer + "/login")
	if len(cookies) < 2 {
		t.Fatalf("only %d cookies after signing in", len(cookies))
	}
	for _, c := range cookies {
		if !strings.HasPrefix(c.Name, "__Host-gatehouse-main-") || !c.Secure || !c.HTTPOnly || c.Path != "/" || c.Domain != "localhost" || c.SameSite != network.CookieSameSiteLax {
			t.Errorf("%+v", c)
		}
	}
	b.open(w.issuer + "/login")
	if readable := eval[string](b, `document.cookie`); readable != "" {
		t.Errorf("a script can read %q", readable)
	}
	if kept := eval[int](b, `localStorage.length + sessionStorage.length`); kept != 0 {
		t.Errorf("%d things are kept in the browser", kept)
	}
}

func TestMust018_EveryPageForbidsWhatItDoesNotUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := newProfile(t)
	b.open(w.web.URL + "/start")
	b.login("diana", "wrong")
	b.login("diana", "krall")
	b.press("button[value=allow]")
	w.web.outcome(b)
	b.open(w.web.URL + "/start?prompt=select_account")
	b.title("Choose an account · Gatehouse")
	b.open(w.issuer + "/login")
	b.open(w.issuer + "/authorize?client_id=nobody")
	b.open(w.web.URL + "/start?response_mode=form_post")
	w.web.outcome(b)

	seen := 0
	for _, page := range b.all() {
		if !strings.HasPrefix(page.url, w.issuer+"/") {
			continue
		}
		seen++
		policy := page.headers["content-security-policy"]
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy %q lacks %s", page.url, policy, want)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") || strings.Contains(policy, "http:") {
			t.Errorf("%s: the policy is %q", page.url, policy)
		}
		if formPost := strings.Contains(policy, "script-src"); formPost && !strings.HasSuffix(policy, "form-action "+w.web.URL) {
			t.Errorf("%s: a page with a script has %q", page.url, policy)
		}
		for name, want := range map[string]string{"cache-control": "no-store", "x-frame-options": "DENY", "x-content-type-options": "nosniff"} {
			if page.headers[name] != want {
				t.Errorf("%s: %s is %q", page.url, name, page.headers[name])
			}
		}
		if referrer := page.headers["referrer-policy"]; referrer != "same-origin" && referrer != "no-referrer" {
			t.Errorf("%s: Referrer-Policy is %q", page.url, referrer)
		}
		for name := range page.headers {
			if strings.HasPrefix(name, "access-control-") {
				t.Errorf("%s has %s", page.url, name)
			}
		}
	}
	if seen != 7 {
		t.Errorf("%d pages were seen", seen)
	}
	for _, origin := range b.asked() {
		if origin != w.issuer && origin != w.web.URL {
			t.Errorf("something was loaded from %s", origin)
		}
	}
	if errors := append(b.errors(), b.violations()...); len(errors) > 0 {
		t.Errorf("the console says %q", errors)
	}
}

// What the other tests trust: the browser obeys the policy of our pages, and the witness hears of it.
func TestAnInjectedScriptIsBlockedAndNoticed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := newProfile(t)
	for _, injected := range []string{
		`const s = document.createElement("script"); s.textContent = "` + binding + `('inline')"; document.body.append(s)`,
		`document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=` + binding + `('handler')>")`,
		`const s = document.createElement("script"); s.src = "/login"; document.body.append(s)`,
		`document.body.insertAdjacentHTML("beforeend", "<p style=color:red>x</p>")`,
		`const f = document.createElement("iframe"); f.src = "/login"; document.body.append(f)`,
		`document.head.insertAdjacentHTML("beforeend", "<base href=https://evil.example/>")`,
	} {
		b.open(w.issuer + "/login")
		before := len(b.violations())
		eval[bool](b, `(() => { `+injected+`; return true })()`)
		b.until("nothing stops "+injected, func() bool { return len(b.violations()) > before })
	}
	if executed := b.executions(); len(executed) != 0 {
		t.Errorf("it ran: %q", executed)
	}
	eval[bool](b, `(() => { alert("heard"); `+binding+`("heard"); return true })()`)
	b.until("the witness is deaf", func() bool { return len(b.executions()) == 2 })
}
