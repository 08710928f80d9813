package browser

import (
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"

	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

const stateCookie = "__Host-gatehouse-main-session-state"

// stateOnly is all that a script of the provider may read: randomness and a digest.
var stateOnly = regexp.MustCompile(`^` + stateCookie + `=[\w-]{22}\.[\w-]{43}$`)

func TestThreat097_CookiesAreOnlyOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := chromium.NewTab(t)
	w.signIn(b)
	cookies := b.Cookies(w.issuer + "/login")
	if len(cookies) < 2 {
		t.Fatalf("only %d cookies after signing in", len(cookies))
	}
	for _, c := range cookies {
		sameSite := network.CookieSameSiteLax
		shared := c.Name == stateCookie
		if shared {
			sameSite = network.CookieSameSiteNone
		}
		if !strings.HasPrefix(c.Name, "__Host-gatehouse-main-") || !c.Secure || c.HTTPOnly == shared || c.Path != "/" || c.Domain != "localhost" || c.SameSite != sameSite {
			t.Errorf("%+v", c)
		}
	}
	b.Open(w.issuer + "/login")
	if readable := chromium.Eval[string](b, `document.cookie`); !stateOnly.MatchString(readable) {
		t.Errorf("a script can read %q", readable)
	}
	if kept := chromium.Eval[int](b, `localStorage.length + sessionStorage.length`); kept != 0 {
		t.Errorf("%d things are kept in the browser", kept)
	}
}

func TestMust018_EveryPageForbidsWhatItDoesNotUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := chromium.NewTab(t)
	b.Open(w.web.URL + "/start")
	b.Login("diana", "wrong")
	b.Login("diana", "krall")
	b.Press("button[value=allow]")
	w.web.outcome(b)
	b.Open(w.web.URL + "/start?prompt=select_account")
	b.Title("Choose an account · Gatehouse")
	b.Open(w.issuer + "/login")
	b.Open(w.issuer + "/authorize?client_id=nobody")
	b.Open(w.web.URL + "/start?response_mode=form_post")
	w.web.outcome(b)

	seen := 0
	for _, page := range b.All() {
		if !strings.HasPrefix(page.URL, w.issuer+"/") {
			continue
		}
		seen++
		policy := page.Headers["content-security-policy"]
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy %q lacks %s", page.URL, policy, want)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") || strings.Contains(policy, "http:") {
			t.Errorf("%s: the policy is %q", page.URL, policy)
		}
		if formPost := strings.Contains(policy, "script-src"); formPost && !strings.HasSuffix(policy, "form-action "+w.web.URL) {
			t.Errorf("%s: a page with a script has %q", page.URL, policy)
		}
		for name, want := range map[string]string{"cache-control": "no-store", "x-frame-options": "DENY", "x-content-type-options": "nosniff"} {
			if page.Headers[name] != want {
				t.Errorf("%s: %s is %q", page.URL, name, page.Headers[name])
			}
		}
		if referrer := page.Headers["referrer-policy"]; referrer != "same-origin" && referrer != "no-referrer" {
			t.Errorf("%s: Referrer-Policy is %q", page.URL, referrer)
		}
		for name := range page.Headers {
			if strings.HasPrefix(name, "access-control-") {
				t.Errorf("%s has %s", page.URL, name)
			}
		}
	}
	if seen != 7 {
		t.Errorf("%d pages were seen", seen)
	}
	for _, origin := range b.Asked() {
		if origin != w.issuer && origin != w.web.URL {
			t.Errorf("something was loaded from %s", origin)
		}
	}
	if errors := append(b.Errors(), b.Violations()...); len(errors) > 0 {
		t.Errorf("the console says %q", errors)
	}
}

// What the other tests trust: the browser obeys the policy of our pages, and the witness hears of it.
func TestAnInjectedScriptIsBlockedAndNoticed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := chromium.NewTab(t)
	for _, injected := range []string{
		`const s = document.createElement("script"); s.textContent = "` + chromium.Binding + `('inline')"; document.body.append(s)`,
		`document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=` + chromium.Binding + `('handler')>")`,
		`const s = document.createElement("script"); s.src = "/login"; document.body.append(s)`,
		`document.body.insertAdjacentHTML("beforeend", "<p style=color:red>x</p>")`,
		`const f = document.createElement("iframe"); f.src = "/login"; document.body.append(f)`,
		`document.head.insertAdjacentHTML("beforeend", "<base href=https://evil.example/>")`,
	} {
		b.Open(w.issuer + "/login")
		before := len(b.Violations())
		chromium.Eval[bool](b, `(() => { `+injected+`; return true })()`)
		b.Until("nothing stops "+injected, func() bool { return len(b.Violations()) > before })
	}
	if executed := b.Executions(); len(executed) != 0 {
		t.Errorf("it ran: %q", executed)
	}
	chromium.Eval[bool](b, `(() => { alert("heard"); `+chromium.Binding+`("heard"); return true })()`)
	b.Until("the witness is deaf", func() bool { return len(b.Executions()) == 2 })
}
