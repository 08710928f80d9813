package browser

import (
	"slices"
	"testing"
)

func TestAPersonSignsInAndTheApplicationUsesTheGuardedAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := newProfile(t)

	b.open(w.web.URL + "/start")
	b.title("Sign in · Gatehouse")
	if focused := eval[string](b, `document.activeElement.id`); focused != "username" {
		t.Errorf("the focus is on %q", focused)
	}
	b.login("diana", "wrong")
	b.title("Error: Sign in · Gatehouse")
	if problem := eval[string](b, `document.querySelector("[role=alert]").innerText.trim()`); problem == "" {
		t.Error("nobody is told that the password was wrong")
	}
	if focused := eval[string](b, `document.activeElement.id`); focused != "password" {
		t.Errorf("after a wrong password the focus is on %q", focused)
	}
	if username := eval[string](b, `document.getElementById("username").value`); username != "diana" {
		t.Errorf("the username is %q", username)
	}
	b.fill("#password", "krall")
	b.press("button.primary")
	b.title("Allow Web shop? · Gatehouse")
	b.press("button[value=allow]")

	shown := w.web.outcome(b)
	if shown.Error != "" || shown.Claims["sub"] != "dikr0001" || shown.UserInfo["name"] != "Diana Krall" || shown.UserInfo["email"] != "diana@example.org" {
		t.Errorf("the application learnt %+v", shown)
	}
	if shown.API != "200 dikr0001 by web" {
		t.Errorf("the guarded API answered %q", shown.API)
	}
	for _, origin := range b.asked() {
		if !slices.Contains([]string{w.issuer, w.web.URL}, origin) {
			t.Errorf("something was loaded from %s", origin)
		}
	}
}
