package harness

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// DeviceGrant is the grant_type of a device that fetches its tokens (RFC 8628 section 3.4).
const DeviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// Follow goes on as a browser does until there is a page.
func Follow(t testing.TB, browser *http.Client, answer Answer) Answer {
	t.Helper()
	for range 8 {
		if answer.StatusCode != http.StatusSeeOther {
			return answer
		}
		location, err := answer.Location()
		if err != nil {
			t.Fatal(err)
		}
		answer = Get(t, browser, location.String())
	}
	t.Fatal("redirects do not end")
	return answer
}

// DeviceQuestion is the page that asks the Person about a device, once they have brought its code to an issuer,
// signing in on the way if they have to.
func DeviceQuestion(t testing.TB, browser *http.Client, issuer, userCode string) Answer {
	t.Helper()
	page := Follow(t, browser, Get(t, browser, issuer+"/device?user_code="+url.QueryEscape(userCode)))
	form := FormOf(t, page)
	if form.Fields.Has("password") {
		page = Follow(t, browser, Submit(t, browser, form, "username", Person, "password", Password))
		form = FormOf(t, page)
	}
	if !form.Fields.Has("user_code") {
		t.Fatalf("no field for the code:\n%s", page.Text)
	}
	return Follow(t, browser, Submit(t, browser, form))
}

// AnswerDevice has the Person bring a device's code to an issuer and press a button of the page that asks: allow or
// deny. It returns the page that says what came of it.
func AnswerDevice(t testing.TB, browser *http.Client, issuer, userCode, decision string) Answer {
	t.Helper()
	page := DeviceQuestion(t, browser, issuer, userCode)
	if !strings.Contains(page.Text, "Is this code shown on your device?") || !strings.Contains(page.Text, userCode) {
		t.Fatalf("it does not ask:\n%s", page.Text)
	}
	return Follow(t, browser, Submit(t, browser, FormOf(t, page), "decision", decision))
}
