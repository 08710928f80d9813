package browser

import (
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

func TestALoginPostedTwiceGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := newProfile(t)
	b.open(w.web.URL + "/start")
	b.title("Sign in · Gatehouse")
	b.fill("#username", "diana")
	b.fill("#password", "krall")
	// An impatient person clicks again while the first answer is on its way.
	at := eval[[]float64](b, `(() => { const box = document.querySelector("button.primary").getBoundingClientRect(); return [box.x + 9, box.y + 9] })()`)
	b.do(chromedp.Steps(chromedp.MouseClickXY(at[0], at[1]), chromedp.MouseClickXY(at[0], at[1])))
	b.title("Allow Web shop? · Gatehouse")

	// Back, where the form may stand as it was filled in, and sent once more.
	b.back()
	if eval[bool](b, `!!document.getElementById("password")`) {
		b.login("diana", "krall")
	}
	b.title("Allow Web shop? · Gatehouse")
	b.press("button[value=allow]")
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
	b := newProfile(t)
	b.open(w.web.URL + "/start")
	b.login("diana", "wrong")
	b.title("Error: Sign in · Gatehouse")
	b.login("diana", "krall")
	b.title("Allow Web shop? · Gatehouse")
	b.back()
	if eval[bool](b, `location.protocol === "chrome-error:"`) {
		// Chromium keeps no answer to a post: it shows a page of its own, from which the wrong password
		// is sent once more.
		b.leave(func() { call(b, page.Reload, page.ReloadParams{}) })
	}
	b.title("Allow Web shop? · Gatehouse")
}

func TestARequestIsAnsweredOnceWhateverBackShows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := newProfile(t)
	w.signIn(b)
	b.back()
	if eval[bool](b, `!!document.querySelector("button[value=allow]")`) {
		b.press("button[value=allow]")
	}
	b.title("Already answered · Gatehouse")
	if status := b.last().status; status != 409 {
		t.Errorf("the page has status %d", status)
	}
	if codes := len(w.web.arrivals()); codes != 1 {
		t.Errorf("%d answers arrived", codes)
	}
}

func TestTwoTabsAreAnsweredEachOnItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	first := newProfile(t)
	first.open(w.web.URL + "/start")
	first.title("Sign in · Gatehouse")
	second := first.another()
	second.open(w.web.URL + "/start")
	second.title("Sign in · Gatehouse")

	first.login("diana", "krall")
	first.title("Allow Web shop? · Gatehouse")
	first.press("button[value=allow]")
	second.login("diana", "krall")
	for name, b := range map[string]*tab{"first": first, "second": second} {
		if shown := w.web.outcome(b); shown.Error != "" || shown.Claims["sub"] != "dikr0001" {
			t.Errorf("%s: %+v", name, shown)
		}
	}
}

// What one person was shown, another who signed in meanwhile has not said yes to.
func TestAYesCountsForThePersonItWasAskedOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	first := newProfile(t)
	first.open(w.web.URL + "/start")
	first.login("diana", "krall")
	first.title("Allow Web shop? · Gatehouse")

	second := first.another()
	second.open(w.issuer + "/login?prompt=login")
	second.login("babs", "howes")
	second.title("Signed in · Gatehouse")

	first.press("button[value=allow]")
	first.title("Allow Web shop? · Gatehouse")
	if who := eval[string](first, `document.querySelector(".who strong").textContent`); who != "Barbara J Jensen" {
		t.Errorf("the page asks %s", who)
	}
	if codes := len(w.web.arrivals()); codes != 0 {
		t.Errorf("%d answers arrived", codes)
	}
	first.press("button[value=allow]")
	if shown := w.web.outcome(first); shown.Claims["sub"] != "babs0001" {
		t.Errorf("the application learnt %+v", shown)
	}
}
