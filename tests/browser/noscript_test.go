package browser

import (
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

func TestAPersonWithoutJavaScriptSignsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := chromium.NewTab(t)
	b.Scripts(false)
	b.Open(w.native.URL + "/start?response_mode=form_post")
	b.Title("Sign in · Gatehouse")
	b.Login("diana", "wrong")
	b.Title("Error: Sign in · Gatehouse")
	b.Fill("#password", "krall")
	b.Press("button.primary")
	b.Title("Allow Demo command line? · Gatehouse")
	b.Press("button[value=switch]")
	b.Title("Sign in · Gatehouse")
	b.Login("babs", "howes")
	b.Title("Allow Demo command line? · Gatehouse")
	b.Press("button[value=allow]")
	b.Title("Returning to the application · Gatehouse")
	b.Press("button.primary")
	if shown := w.native.outcome(b); shown.Error != "" || shown.API != "200 babs0001 by native" {
		t.Errorf("the application learnt %+v", shown)
	}
	b.Open(w.native.URL + "/start?prompt=select_account")
	b.Title("Choose an account · Gatehouse")
	b.Press("button[value=current]")
	b.Title("Allow Demo command line? · Gatehouse")
	b.Press("button[value=deny]")
	if shown := w.native.outcome(b); shown.Error != "access_denied" {
		t.Errorf("the application learnt %+v", shown)
	}
}
