package browser

import (
	"net/url"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

// A person looks at their account, takes back what they allowed, and signs out of another browser and
// then everywhere, with the mouse.
func TestAccountPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, gentle)
	g := newGallery(t)
	b, elsewhere := chromium.NewTab(t), chromium.NewTab(t)
	w.signIn(elsewhere)
	w.signIn(b)
	b.Open(w.web.begin(url.Values{"client_id": {"long"}, "scope": {"openid email address api:read orders:write invoices:read"}}).String())
	b.Press("button[value=allow]")
	b.Title("Back at web")

	b.Open(w.issuer + "/login")
	g.show(b, "signed-in")
	b.Press(`a[href$="/account"]`)
	b.Title("Your account · Gatehouse")
	g.show(b, "account")
	chromium.Eval[bool](b, `document.querySelectorAll("details").forEach((d) => { d.open = true }), true`)
	g.show(b, "account-open")
	if places := chromium.Eval[int](b, `document.querySelectorAll("button[name=end]").length`); places != 2 {
		t.Errorf("%d sessions are shown", places)
	}
	if label := chromium.Eval[string](b, `document.querySelector("ul[aria-labelledby=sessions] strong").innerText`); label != "Chrome on Linux This one" {
		t.Errorf("this browser is said to be %q", label)
	}

	b.Open(w.issuer + "/account")
	b.Click(`li:has(button[value=web]) summary`)
	b.Press(`button[value=web]`)
	b.Wait(`document.querySelector(".done").innerText === "Web shop has no access any more."`)
	g.show(b, "account-withdrawn")
	if chromium.Eval[bool](b, `!!document.querySelector("button[value=web]")`) {
		t.Error("the application is still there")
	}
	b.Press(`li.entry:last-child button[name=end]`)
	b.Wait(`document.querySelector(".done").innerText === "That browser is signed out."`)
	elsewhere.Open(w.issuer + "/account")
	elsewhere.Title("Sign in · Gatehouse")
	elsewhere.Login("diana", "krall")
	elsewhere.Title("Your account · Gatehouse")

	b.Scripts(false)
	b.Open(w.issuer + "/account")
	b.Click(".everywhere summary")
	b.Press(`button[value=everywhere]`)
	b.Title("Signed out · Gatehouse")
	g.show(b, "signed-out")
	elsewhere.Open(w.issuer + "/account")
	elsewhere.Title("Sign in · Gatehouse")
	if errors := append(b.Errors(), b.Violations()...); len(errors) > 0 {
		t.Errorf("the console says %q", errors)
	}
}
