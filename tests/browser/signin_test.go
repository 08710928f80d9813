package browser

import (
	"slices"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

func TestAPersonSignsInAndTheApplicationUsesTheGuardedAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := chromium.NewTab(t)

	b.Open(w.web.URL + "/start")
	b.Title("Sign in · Gatehouse")
	if focused := chromium.Eval[string](b, `document.activeElement.id`); focused != "username" {
		t.Errorf("the focus is on %q", focused)
	}
	b.Login("diana", "wrong")
	b.Title("Error: Sign in · Gatehouse")
	if problem := chromium.Eval[string](b, `document.querySelector("[role=alert]").innerText.trim()`); problem == "" {
		t.Error("nobody is told that the password was wrong")
	}
	if focused := chromium.Eval[string](b, `document.activeElement.id`); focused != "password" {
		t.Errorf("after a wrong password the focus is on %q", focused)
	}
	if username := chromium.Eval[string](b, `document.getElementById("username").value`); username != "diana" {
		t.Errorf("the username is %q", username)
	}
	b.Fill("#password", "krall")
	b.Press("button.primary")
	b.Title("Allow Web shop? · Gatehouse")
	b.Press("button[value=allow]")

	shown := w.web.outcome(b)
	if shown.Error != "" || shown.Claims["sub"] != "dikr0001" || shown.UserInfo["name"] != "Diana Krall" || shown.UserInfo["email"] != "diana@example.org" {
		t.Errorf("the application learnt %+v", shown)
	}
	if shown.API != "200 dikr0001 by web" {
		t.Errorf("the guarded API answered %q", shown.API)
	}
	for _, origin := range b.Asked() {
		if !slices.Contains([]string{w.issuer, w.web.URL}, origin) {
			t.Errorf("something was loaded from %s", origin)
		}
	}
}
