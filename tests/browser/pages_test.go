package browser

import (
	"net/url"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

// longWord is as unkind to a layout as a name can be: nothing in it to break at.
const longWord = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"

const gentle = `
		login {
			throttle 2 15m
		}
		scope orders:write {
			description "Place, change and cancel orders in your name, and see what was ordered before"
		}
		scope invoices:read {
			description "See your invoices"
		}
		resource https://invoices.example.com/a/very/long/path/that/nobody/would/type/by/hand/and/that/has/to/fit/all/the/same {
			name "` + longWord + `"
			scopes orders:write invoices:read reports:` + "averyveryverylongscopenamethatnooperatordescribedandthatgoesonandon" + `
		}
		client long {
			name "The ` + longWord + ` app for people who like it long"
			secret {secret}
			redirect_uris {web}/callback https://a-rather-long-subdomain-of-a-shop.and-another-one.example-company-with-a-long-name.co.uk/callback
			scopes openid profile email address phone offline_access api:read orders:write invoices:read reports:averyveryverylongscopenamethatnooperatordescribedandthatgoesonandon
			grant_types authorization_code refresh_token
			policy_uri https://shop.example.com/privacy
			tos_uri https://shop.example.com/terms
		}
		user longname {
			password {krall}
			claim name "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaftschaferswessenschafewaren"
		}
`

func TestEveryPageIsFitToBeSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, gentle)
	g := newGallery(t)
	b := chromium.NewTab(t)

	b.Open(w.issuer + "/login")
	b.Title("Sign in · Gatehouse")
	g.show(b, "login-alone")
	b.Open(w.web.URL + "/start")
	b.Title("Sign in · Gatehouse")
	g.show(b, "login")
	b.Login("diana", "wrong")
	b.Title("Error: Sign in · Gatehouse")
	g.show(b, "wrong-password")
	b.Login("babs", "wrong")
	b.Login("babs", "wrong")
	b.Login("babs", "wrong")
	b.Wait(`document.querySelector(".problem").innerText.includes("Too many attempts")`)
	g.show(b, "throttled")

	b.Open(w.web.URL + "/start")
	b.Login("diana", "krall")
	b.Title("Allow Web shop? · Gatehouse")
	g.show(b, "consent")
	b.Press("button[value=allow]")
	w.web.outcome(b)
	b.Back() // the browser may show the page as it was, or ask for it again
	if chromium.Eval[bool](b, `!!document.querySelector("button[value=allow]")`) {
		b.Press("button[value=allow]")
	}
	b.Title("Already answered · Gatehouse")
	g.show(b, "already-answered")
	b.Open(w.issuer + "/login")
	b.Title("Signed in · Gatehouse")
	g.show(b, "signed-in")
	b.Open(w.web.URL + "/start?prompt=select_account")
	b.Title("Choose an account · Gatehouse")
	g.show(b, "select-account")
	b.Open(w.native.URL + "/start")
	b.Title("Allow Demo command line? · Gatehouse")
	g.show(b, "consent-native")

	all := "openid profile email address phone offline_access api:read orders:write invoices:read reports:averyveryverylongscopenamethatnooperatordescribedandthatgoesonandon"
	long := url.Values{
		"client_id": {"long"}, "redirect_uri": {w.web.URL + "/callback"}, "scope": {"openid email"},
	}
	b.Open(w.web.begin(long).String())
	b.Wait(`document.querySelector("button[value=allow]")`)
	b.Press("button[value=allow]")
	b.Title("Back at web")
	long.Set("scope", all)
	long.Set("prompt", "consent")
	long["resource"] = []string{w.issuer + "/api", "https://invoices.example.com/a/very/long/path/that/nobody/would/type/by/hand/and/that/has/to/fit/all/the/same"}
	long.Set("redirect_uri", "https://a-rather-long-subdomain-of-a-shop.and-another-one.example-company-with-a-long-name.co.uk/callback")
	b.Open(w.web.begin(long).String())
	b.Wait(`document.querySelector(".new")`)
	g.show(b, "consent-grown")
	b.Press("button[value=switch]")
	b.Title("Sign in · Gatehouse")
	g.show(b, "login-long")
	b.Login("longname", "krall")
	b.Wait(`document.querySelector("button[value=allow]")`)
	g.show(b, "consent-long")
	long.Set("prompt", "select_account")
	b.Open(w.web.begin(long).String())
	b.Title("Choose an account · Gatehouse")
	g.show(b, "select-account-long")
	b.Open(w.issuer + "/login")
	b.Title("Signed in · Gatehouse")
	g.show(b, "signed-in-long")

	b.Open(w.web.begin(url.Values{"redirect_uri": {"https://evil.example/callback"}}).String())
	b.Title("This request does not work · Gatehouse")
	g.show(b, "error")
	b.Open(w.issuer + "/authorize?interaction=of-another-browser")
	g.show(b, "error-other-browser")

	b.Scripts(false)
	b.Open(w.native.begin(url.Values{"response_mode": {"form_post"}}).String())
	b.Press("button[value=allow]")
	b.Title("Returning to the application · Gatehouse")
	g.show(b, "form-post")
	b.Open(w.web.URL + "/post?" + url.Values{"login_hint": {strings.Repeat("long ", 1500)}}.Encode())
	b.Press("button")
	b.Title("One moment · Gatehouse")
	g.show(b, "continue")
}
