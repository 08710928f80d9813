package browser

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

var attackPage = template.Must(template.New("attack").Parse(`<!doctype html><html lang="en"><title>Attack</title>
{{with .Frame}}<iframe src="{{.}}" width="600" height="600"></iframe>{{end}}
{{with .Action}}<form method="post" action="{{.}}">
<input type="hidden" name="interaction" value="{{$.Interaction}}"><input type="hidden" name="decision" value="allow">
<input type="hidden" name="username" value="babs"><input type="hidden" name="password" value="howes">
<button>Free kittens</button></form>{{end}}`))

// attack is a page of another site that means no good: it frames `frame`, or posts to `action`.
func attack(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	_ = attackPage.Execute(w, map[string]string{
		"Frame": query.Get("frame"), "Action": query.Get("action"), "Interaction": query.Get("interaction"),
	})
}

func (p *relyingParty) attackURL(pairs ...string) string {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		query.Set(pairs[i], pairs[i+1])
	}
	return p.URL + "/attack?" + query.Encode()
}

func TestThreat089_NoPageIsShownInAFrame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := chromium.NewTab(t)
	w.signIn(b)
	for _, framed := range []string{
		w.issuer + "/login?prompt=login", w.issuer + "/login", w.web.begin(url.Values{"prompt": {"consent"}}).String(),
		w.web.begin(url.Values{"prompt": {"select_account"}}).String(), w.issuer + "/authorize?client_id=nobody",
	} {
		before := len(b.Violations())
		b.Open(w.web.attackURL("frame", framed))
		b.Until("the browser shows "+framed+" in a frame", func() bool { return len(b.Violations()) > before })
		if last := b.Violations()[before]; !strings.Contains(last, "frame-ancestors 'none'") {
			t.Errorf("%s is stopped by %s", framed, last)
		}
	}
}

func TestMust019_APostOfAnotherSiteChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := chromium.NewTab(t)
	b.Open(w.web.URL + "/start")
	b.Title("Sign in · Gatehouse")
	login := chromium.Eval[string](b, `document.querySelector("[name=interaction]").value`)
	b.Open(w.web.attackURL("action", w.issuer+"/login", "interaction", login))
	b.Press("button")
	b.Title("This cannot go on from here · Gatehouse")
	if status := b.Last().Status; status != http.StatusForbidden {
		t.Errorf("a login from another site is answered %d", status)
	}
	b.Open(w.issuer + "/login")
	b.Title("Sign in · Gatehouse")

	b.Open(w.web.URL + "/start")
	b.Login("diana", "krall")
	b.Title("Allow Web shop? · Gatehouse")
	consent := chromium.Eval[string](b, `document.querySelector("[name=interaction]").value`)
	b.Open(w.web.attackURL("action", w.issuer+"/consent", "interaction", consent))
	b.Press("button")
	b.Title("This cannot go on from here · Gatehouse")
	if status := b.Last().Status; status != http.StatusForbidden || len(w.web.arrivals()) != 0 {
		t.Errorf("an approval from another site is answered %d, and %d answers arrived", status, len(w.web.arrivals()))
	}
}

func TestThreat081_ARequestOfAnotherBrowserDoesNotGoOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	attacker, victim := chromium.NewTab(t), chromium.NewTab(t)
	w.signIn(victim)
	attacker.Open(w.web.URL + "/start")
	attacker.Login("babs", "howes")
	attacker.Title("Allow Web shop? · Gatehouse")
	link := chromium.Eval[string](attacker, `location.href`)
	if !strings.Contains(link, "interaction=") {
		t.Fatalf("the page is %s", link)
	}
	victim.Open(link)
	victim.Title("This cannot go on from here · Gatehouse")
	victim.Open(w.issuer + "/login")
	victim.Title("Signed in · Gatehouse")
	if who := chromium.Eval[string](victim, `document.querySelector(".who strong").textContent`); who != "Diana Krall" {
		t.Errorf("the victim is now %s", who)
	}
}

func TestMust003_AnUnregisteredRedirectURIStaysHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := chromium.NewTab(t)
	w.signIn(b)
	for _, uri := range []string{
		"https://evil.example/callback", w.web.URL + "/callback/", w.web.URL + "/callback?x=spoofed", w.web.URL + ".evil.example/callback",
		strings.Replace(w.web.URL, "127.0.0.1", "localhost", 1) + "/callback", "javascript:alert(1)", "//evil.example", "",
	} {
		arrived := len(w.web.arrivals())
		b.Open(w.web.begin(url.Values{"redirect_uri": {uri}, "state": {"spoofed"}}).String())
		b.Title("This request does not work · Gatehouse")
		if status := b.Last().Status; status != http.StatusBadRequest || len(w.web.arrivals()) != arrived {
			t.Errorf("%q: status %d, %d answers more", uri, status, len(w.web.arrivals())-arrived)
		}
		if html := chromium.Eval[string](b, `document.documentElement.outerHTML`); strings.Contains(html, "spoofed") || strings.Contains(html, "evil") {
			t.Errorf("%q: the page repeats what it was sent:\n%s", uri, html)
		}
	}
	if asked := b.Asked(); slices.ContainsFunc(asked, func(origin string) bool { return strings.Contains(origin, "evil") }) {
		t.Errorf("the browser went to %v", asked)
	}
}
