package browser

import (
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

func TestALoginPostedTwiceGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := chromium.NewTab(t)
	b.Open(w.web.URL + "/start")
	b.Title("Sign in · Gatehouse")
	b.Fill("#username", "diana")
	b.Fill("#password", "krall")
	// An impatient person clicks again while the first answer is on its way.
	at := chromium.Eval[[]float64](b, `(() => { const box = document.querySelector("button.primary").getBoundingClientRect(); return [box.x + 9, box.y + 9] })()`)
	b.Do(chromedp.Steps(chromedp.MouseClickXY(at[0], at[1]), chromedp.MouseClickXY(at[0], at[1])))
	b.Title("Allow Web shop? · Gatehouse")

	// Back, where the form may stand as it was filled in, and sent once more.
	b.Back()
	if chromium.Eval[bool](b, `!!document.getElementById("password")`) {
		b.Login("diana", "krall")
	}
	b.Title("Allow Web shop? · Gatehouse")
	b.Press("button[value=allow]")
	if shown := w.web.outcome(b); shown.Error != "" || shown.Claims["sub"] != "dikr0001" {
		t.Errorf("the application learnt %+v", shown)
	}
	if codes := len(w.web.arrivals()); codes != 1 {
		t.Errorf("%d answers arrived", codes)
	}
}

func TestBackAfterAWrongPasswordGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := chromium.NewTab(t)
	b.Open(w.web.URL + "/start")
	b.Login("diana", "wrong")
	b.Title("Error: Sign in · Gatehouse")
	b.Login("diana", "krall")
	b.Title("Allow Web shop? · Gatehouse")
	b.Back()
	if chromium.Eval[bool](b, `location.protocol === "chrome-error:"`) {
		// Chromium keeps no answer to a post: it shows a page of its own, from which the wrong password
		// is sent once more.
		b.Leave(func() { chromium.Call(b, page.Reload, page.ReloadParams{}) })
	}
	b.Title("Allow Web shop? · Gatehouse")
}

func TestARequestIsAnsweredOnceWhateverBackShows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := chromium.NewTab(t)
	w.signIn(b)
	b.Back()
	if chromium.Eval[bool](b, `!!document.querySelector("button[value=allow]")`) {
		b.Press("button[value=allow]")
	}
	b.Title("Already answered · Gatehouse")
	if status := b.Last().Status; status != 409 {
		t.Errorf("the page has status %d", status)
	}
	if codes := len(w.web.arrivals()); codes != 1 {
		t.Errorf("%d answers arrived", codes)
	}
}

func TestTwoTabsAreAnsweredEachOnItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	first := chromium.NewTab(t)
	first.Open(w.web.URL + "/start")
	first.Title("Sign in · Gatehouse")
	second := first.Another()
	second.Open(w.web.URL + "/start")
	second.Title("Sign in · Gatehouse")

	first.Login("diana", "krall")
	first.Title("Allow Web shop? · Gatehouse")
	first.Press("button[value=allow]")
	second.Login("diana", "krall")
	for name, b := range map[string]*chromium.Tab{"first": first, "second": second} {
		if shown := w.web.outcome(b); shown.Error != "" || shown.Claims["sub"] != "dikr0001" {
			t.Errorf("%s: %+v", name, shown)
		}
	}
}

// What one person was shown, another who signed in meanwhile has not said yes to.
func TestAYesCountsForThePersonItWasAskedOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	first := chromium.NewTab(t)
	first.Open(w.web.URL + "/start")
	first.Login("diana", "krall")
	first.Title("Allow Web shop? · Gatehouse")

	second := first.Another()
	second.Open(w.issuer + "/login?prompt=login")
	second.Login("babs", "howes")
	second.Title("Signed in · Gatehouse")

	first.Press("button[value=allow]")
	first.Title("Allow Web shop? · Gatehouse")
	if who := chromium.Eval[string](first, `document.querySelector(".who strong").textContent`); who != "Barbara J Jensen" {
		t.Errorf("the page asks %s", who)
	}
	if codes := len(w.web.arrivals()); codes != 0 {
		t.Errorf("%d answers arrived", codes)
	}
	first.Press("button[value=allow]")
	if shown := w.web.outcome(first); shown.Claims["sub"] != "babs0001" {
		t.Errorf("the application learnt %+v", shown)
	}
}
