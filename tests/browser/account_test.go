package browser

import (
	"net/url"
	"testing"
)

// A person looks at their account, takes back what they allowed, and signs out of another browser and
// then everywhere, with the mouse.
func TestAccountPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, gentle)
	g := newGallery(t)
	b, elsewhere := newProfile(t), newProfile(t)
	w.signIn(elsewhere)
	w.signIn(b)
	b.open(w.web.begin(url.Values{"client_id": {"long"}, "scope": {"openid email address api:read orders:write invoices:read"}}).String())
	b.press("button[value=allow]")
	b.title("Back at web")

	b.open(w.issuer + "/login")
	g.show(b, "signed-in")
	b.press(`a[href$="/account"]`)
	b.title("Your account · Gatehouse")
	g.show(b, "account")
	eval[bool](b, `document.querySelectorAll("details").forEach((d) => { d.open = true }), true`)
	g.show(b, "account-open")
	if places := eval[int](b, `document.querySelectorAll("button[name=end]").length`); places != 2 {
		t.Errorf("%d sessions are shown", places)
	}
	if label := eval[string](b, `document.querySelector("ul[aria-labelledby=sessions] strong").innerText`); label != "Chrome on Linux This one" {
		t.Errorf("this browser is said to be %q", label)
	}

	b.open(w.issuer + "/account")
	b.click(`li:has(button[value=web]) summary`)
	b.press(`button[value=web]`)
	b.wait(`document.querySelector(".done").innerText === "Web shop has no access any more."`)
	g.show(b, "account-withdrawn")
	if eval[bool](b, `!!document.querySelector("button[value=web]")`) {
		t.Error("the application is still there")
	}
	b.press(`li.entry:last-child button[name=end]`)
	b.wait(`document.querySelector(".done").innerText === "That browser is signed out."`)
	elsewhere.open(w.issuer + "/account")
	elsewhere.title("Sign in · Gatehouse")
	elsewhere.login("diana", "krall")
	elsewhere.title("Your account · Gatehouse")

	b.scripts(false)
	b.open(w.issuer + "/account")
	b.click(".everywhere summary")
	b.press(`button[value=everywhere]`)
	b.title("Signed out · Gatehouse")
	g.show(b, "signed-out")
	elsewhere.open(w.issuer + "/account")
	elsewhere.title("Sign in · Gatehouse")
	if errors := append(b.errors(), b.violations()...); len(errors) > 0 {
		t.Errorf("the console says %q", errors)
	}
}
