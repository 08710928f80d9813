package browser

import (
	"net/url"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

func TestAnswersArriveByFormPost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	for _, scripts := range []bool{true, false} {
		for name, party := range map[string]*relyingParty{"web": w.web, "native": w.native} {
			b := chromium.NewTab(t)
			b.Scripts(scripts)
			b.Open(party.URL + "/start?prompt=consent&response_mode=form_post")
			b.Title("Sign in · Gatehouse")
			b.Login("diana", "krall")
			b.Press("button[value=allow]")
			if !scripts {
				b.Title("Returning to the application · Gatehouse")
				b.Press("button.primary")
			}
			shown := party.outcome(b)
			if shown.Error != "" || shown.Method != "POST" || shown.API != "200 dikr0001 by "+party.id {
				t.Errorf("%s, scripts %t: %+v", name, scripts, shown)
			}
			b.Open(party.URL + "/start?prompt=none&max_age=1&response_mode=form_post&scope=openid&resource=https://nowhere.example")
			if !scripts {
				b.Press("button.primary")
			}
			if shown := party.outcome(b); shown.Error != "invalid_target" || shown.Method != "POST" {
				t.Errorf("%s, scripts %t: a refusal: %+v", name, scripts, shown)
			}
			if errors := append(b.Errors(), b.Violations()...); len(errors) > 0 {
				t.Errorf("%s, scripts %t: the console says %q", name, scripts, errors)
			}
		}
	}
}

func TestThreat092_StateComesBackAsItWasSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := chromium.NewTab(t)
	w.signIn(b)
	for _, mode := range []string{"query", "form_post"} {
		for _, state := range []string{
			`"'><script>alert(1)</script>`, `a=b&c=d;e+f%20g%00h`, "é \u2028\u2029\u200b 🗝 \U0001F469\u200d\U0001F680", "<!--]]>--></form>", "\\u0022\\", strings.Repeat("x", 4096),
		} {
			b.Open(w.web.begin(url.Values{"state": {state}, "response_mode": {mode}}).String())
			shown := w.web.outcome(b)
			arrived := w.web.arrivals()
			if got := arrived[len(arrived)-1].Get("state"); shown.Error != "" || got != state {
				t.Errorf("%s: %q came back as %q (%+v)", mode, state, got, shown)
			}
		}
	}
	// What a form cannot carry is refused and not bent.
	for _, state := range []string{"a\nb", "a\rb", "a\x00b", "a\tb"} {
		b.Open(w.web.begin(url.Values{"state": {state}, "response_mode": {"form_post"}}).String())
		w.web.outcome(b)
		arrived := w.web.arrivals()
		if last := arrived[len(arrived)-1]; last.Get("error") != "invalid_request" || last.Has("state") || last.Has("code") {
			t.Errorf("%q came back as %v", state, last)
		}
	}
	if executed := append(b.Executions(), b.Violations()...); len(executed) > 0 {
		t.Errorf("something ran: %q", executed)
	}
}

// A form of another site brings no SameSite=Lax cookie; the person is signed in all the same.
func TestACrossSitePostFindsTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	for _, scripts := range []bool{true, false} {
		b := chromium.NewTab(t)
		b.Scripts(scripts)
		w.signInAt(b, w.web.URL+"/post")
		before := w.pages(b)
		b.Open(w.web.URL + "/post")
		b.Press("button")
		if shown := w.web.outcome(b); shown.Error != "" || shown.Claims["sub"] != "dikr0001" || w.pages(b) != before {
			t.Errorf("scripts %t: %+v after %d pages", scripts, shown, w.pages(b)-before)
		}
		// Too long for an address: a form of our own carries it on.
		b.Open(w.web.URL + "/post?" + url.Values{"login_hint": {strings.Repeat("long ", 1500)}}.Encode())
		if scripts {
			b.Click("button")
		} else {
			b.Press("button")
			b.Title("One moment · Gatehouse")
			b.Press("button.primary")
		}
		if shown := w.web.outcome(b); shown.Error != "" || shown.Claims["sub"] != "dikr0001" {
			t.Errorf("scripts %t: the long way: %+v", scripts, shown)
		}
	}
}
