package browser

import "testing"

func TestAPersonWithoutJavaScriptSignsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := newProfile(t)
	b.scripts(false)
	b.open(w.native.URL + "/start?response_mode=form_post")
	b.title("Sign in · Gatehouse")
	b.login("diana", "wrong")
	b.title("Error: Sign in · Gatehouse")
	b.fill("#password", "krall")
	b.press("button.primary")
	b.title("Allow Demo command line? · Gatehouse")
	b.press("button[value=switch]")
	b.title("Sign in · Gatehouse")
	b.login("babs", "howes")
	b.title("Allow Demo command line? · Gatehouse")
	b.press("button[value=allow]")
	b.title("Returning to the application · Gatehouse")
	b.press("button.primary")
	if shown := w.native.outcome(b); shown.Error != "" || shown.API != "200 babs0001 by native" {
		t.Errorf("the application learnt %+v", shown)
	}
	b.open(w.native.URL + "/start?prompt=select_account")
	b.title("Choose an account · Gatehouse")
	b.press("button[value=current]")
	b.title("Allow Demo command line? · Gatehouse")
	b.press("button[value=deny]")
	if shown := w.native.outcome(b); shown.Error != "access_denied" {
		t.Errorf("the application learnt %+v", shown)
	}
}
