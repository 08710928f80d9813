package browser

import (
	"net/url"
	"strings"
	"testing"
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
	b := newProfile(t)

	b.open(w.issuer + "/login")
	b.title("Sign in · Gatehouse")
	g.show(b, "login-alone")
	b.open(w.web.URL + "/start")
	b.title("Sign in · Gatehouse")
	g.show(b, "login")
	b.login("diana", "wrong")
	b.title("Error: Sign in · Gatehouse")
	g.show(b, "wrong-password")
	b.login("babs", "wrong")
	b.login("babs", "wrong")
	b.login("babs", "wrong")
	b.wait(`document.querySelector(".problem").innerText.includes("Too many attempts")`)
	g.show(b, "throttled")

	b.open(w.web.URL + "/start")
	b.login("diana", "krall")
	b.title("Allow Web shop? · Gatehouse")
	g.show(b, "consent")
	b.press("button[value=allow]")
	w.web.outcome(b)
	b.back() // the browser may show the page as it was, or ask for it again
	if eval[bool](b, `!!document.querySelector("button[value=allow]")`) {
		b.press("button[value=allow]")
	}
	b.title("Already answered · Gatehouse")
	g.show(b, "already-answered")
	b.open(w.issuer + "/login")
	b.title("Signed in · Gatehouse")
	g.show(b, "signed-in")
	b.open(w.web.URL + "/start?prompt=select_account")
	b.title("Choose an account · Gatehouse")
	g.show(b, "select-account")
	b.open(w.native.URL + "/start")
	b.title("Allow Demo command line? · Gatehouse")
	g.show(b, "consent-native")

	all := "openid profile email address phone offline_access api:read orders:write invoices:read reports:averyveryverylongscopenamethatnooperatordescribedandthatgoesonandon"
	long := url.Values{
		"client_id": {"long"}, "redirect_uri": {w.web.URL + "/callback"}, "scope": {"openid email"},
	}
	b.open(w.web.begin(long).String())
	b.wait(`document.querySelector("button[value=allow]")`)
	b.press("button[value=allow]")
	b.title("Back at web")
	long.Set("scope", all)
	long.Set("prompt", "consent")
	long["resource"] = []string{w.issuer + "/api", "https://invoices.example.com/a/very/long/path/that/nobody/would/type/by/hand/and/that/has/to/fit/all/the/same"}
	long.Set("redirect_uri", "https://a-rather-long-subdomain-of-a-shop.and-another-one.example-company-with-a-long-name.co.uk/callback")
	b.open(w.web.begin(long).String())
	b.wait(`document.querySelector(".new")`)
	g.show(b, "consent-grown")
	b.press("button[value=switch]")
	b.title("Sign in · Gatehouse")
	g.show(b, "login-long")
	b.login("longname", "krall")
	b.wait(`document.querySelector("button[value=allow]")`)
	g.show(b, "consent-long")
	long.Set("prompt", "select_account")
	b.open(w.web.begin(long).String())
	b.title("Choose an account · Gatehouse")
	g.show(b, "select-account-long")
	b.open(w.issuer + "/login")
	b.title("Signed in · Gatehouse")
	g.show(b, "signed-in-long")

	b.open(w.web.begin(url.Values{"redirect_uri": {"https://evil.example/callback"}}).String())
	b.title("This request does not work · Gatehouse")
	g.show(b, "error")
	b.open(w.issuer + "/authorize?interaction=of-another-browser")
	g.show(b, "error-other-browser")

	b.scripts(false)
	b.open(w.native.begin(url.Values{"response_mode": {"form_post"}}).String())
	b.press("button[value=allow]")
	b.title("Returning to the application · Gatehouse")
	g.show(b, "form-post")
	b.open(w.web.URL + "/post?" + url.Values{"login_hint": {strings.Repeat("long ", 1500)}}.Encode())
	b.press("button")
	b.title("One moment · Gatehouse")
	g.show(b, "continue")
}
