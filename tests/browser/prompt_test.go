package browser

import (
	"net/url"
	"slices"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

// pages counts the pages of the provider that the tab was shown.
func (w *world) pages(b *chromium.Tab) int {
	count := 0
	for _, shown := range b.All() {
		if u, err := url.Parse(shown.URL); err == nil && u.Scheme+"://"+u.Host == w.issuer {
			count++
		}
	}
	return count
}

func TestASecondSignInIsSilent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := chromium.NewTab(t)

	b.Open(w.web.URL + "/start?prompt=none")
	if shown := w.web.outcome(b); shown.Error != "login_required" || w.pages(b) != 0 {
		t.Errorf("prompt=none with nobody signed in: %+v after %d pages", shown, w.pages(b))
	}
	first := w.signIn(b)
	before := w.pages(b)
	for _, address := range []string{"/start", "/start?prompt=none", "/start?login_hint=diana"} {
		b.Open(w.web.URL + address)
		shown := w.web.outcome(b)
		if shown.Error != "" || shown.Claims["sub"] != "dikr0001" || shown.API != "200 dikr0001 by web" {
			t.Errorf("%s: %+v", address, shown)
		}
		if shown.Claims["auth_time"] != first.Claims["auth_time"] || shown.Claims["sid"] != first.Claims["sid"] {
			t.Errorf("%s is another sign-in: %v after %v", address, shown.Claims, first.Claims)
		}
	}
	if after := w.pages(b); after != before {
		t.Errorf("%d pages were shown", after-before)
	}
}

func TestMust011_PromptLoginAsksForThePasswordAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := chromium.NewTab(t)
	first := w.signIn(b)
	for _, asks := range []string{"prompt=login", "max_age=0"} {
		b.Open(w.web.URL + "/start?" + asks)
		b.Title("Sign in · Gatehouse")
		b.Login("diana", "krall")
		shown := w.web.outcome(b)
		if shown.Error != "" || shown.Claims["auth_time"].(float64) < first.Claims["auth_time"].(float64) || shown.Claims["sid"] != first.Claims["sid"] {
			t.Errorf("%s: %+v", asks, shown)
		}
	}
}

func TestPromptConsentAsksAgainAndDenyIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := chromium.NewTab(t)
	w.signIn(b)
	b.Open(w.web.URL + "/start?prompt=consent")
	b.Title("Allow Web shop? · Gatehouse")
	b.Press("button[value=deny]")
	if shown := w.web.outcome(b); shown.Error != "access_denied" || shown.Description == "" {
		t.Errorf("the application learnt %+v", shown)
	}
	for name := range w.web.arrivals()[1] {
		if !slices.Contains([]string{"error", "error_description", "state", "iss", "session_state"}, name) {
			t.Errorf("the refusal carries %s", name)
		}
	}
	b.Open(w.web.URL + "/start?prompt=consent")
	b.Title("Allow Web shop? · Gatehouse")
	b.Press("button[value=allow]")
	if shown := w.web.outcome(b); shown.Error != "" {
		t.Errorf("%+v", shown)
	}
}

func TestAPersonChoosesAnAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := chromium.NewTab(t)
	w.signIn(b)

	b.Open(w.web.URL + "/start?prompt=select_account")
	b.Title("Choose an account · Gatehouse")
	b.Press("button[value=current]")
	if shown := w.web.outcome(b); shown.Claims["sub"] != "dikr0001" {
		t.Errorf("going on as diana: %+v", shown)
	}
	b.Open(w.web.URL + "/start?prompt=select_account")
	b.Press("button[value=other]")
	b.Title("Sign in · Gatehouse")
	b.Login("babs", "howes")
	b.Title("Allow Web shop? · Gatehouse")
	b.Press("button[value=allow]")
	if shown := w.web.outcome(b); shown.Claims["sub"] != "babs0001" || shown.API != "200 babs0001 by web" {
		t.Errorf("as somebody else: %+v", shown)
	}

	b.Open(w.web.URL + "/start?prompt=consent")
	b.Press("button[value=switch]")
	b.Title("Sign in · Gatehouse")
	b.Login("diana", "krall")
	b.Title("Allow Web shop? · Gatehouse")
	if who := chromium.Eval[string](b, `document.querySelector(".who strong").textContent`); who != "Diana Krall" {
		t.Errorf("the consent page is for %s", who)
	}
	b.Press("button[value=allow]")
	if shown := w.web.outcome(b); shown.Claims["sub"] != "dikr0001" {
		t.Errorf("not babs: %+v", shown)
	}
}
