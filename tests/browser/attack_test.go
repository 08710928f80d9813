package browser

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
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
	b := newProfile(t)
	w.signIn(b)
	for _, framed := range []string{
		w.issuer + "/login?prompt=login", w.issuer + "/login", w.web.begin(url.Values{"prompt": {"consent"}}).String(),
		w.web.begin(url.Values{"prompt": {"select_account"}}).String(), w.issuer + "/authorize?client_id=nobody",
	} {
		before := len(b.violations())
		b.open(w.web.attackURL("frame", framed))
		b.until("the browser shows "+framed+" in a frame", func() bool { return len(b.violations()) > before })
		if last := b.violations()[before]; !strings.Contains(last, "frame-ancestors 'none'") {
			t.Errorf("%s is stopped by %s", framed, last)
		}
	}
}

func TestMust019_APostOfAnotherSiteChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := newProfile(t)
	b.open(w.web.URL + "/start")
	b.title("Sign in · Gatehouse")
	login := eval[string](b, `document.querySelector("[name=interaction]").value`)
	b.open(w.web.attackURL("action", w.issuer+"/login", "interaction", login))
	b.press("button")
	b.title("This cannot go on from here · Gatehouse")
	if status := b.last().status; status != http.StatusForbidden {
		t.Errorf("a login from another site is answered %d", status)
	}
	b.open(w.issuer + "/login")
	b.title("Sign in · Gatehouse")

	b.open(w.web.URL + "/start")
	b.login("diana", "krall")
	b.title("Allow Web shop? · Gatehouse")
	consent := eval[string](b, `document.querySelector("[name=interaction]").value`)
	b.open(w.web.attackURL("action", w.issuer+"/consent", "interaction", consent))
	b.press("button")
	b.title("This cannot go on from here · Gatehouse")
	if status := b.last().status; status != http.StatusForbidden || len(w.web.arrivals()) != 0 {
		t.Errorf("an approval from another site is answered %d, and %d answers arrived", status, len(w.web.arrivals()))
	}
}

func TestThreat081_ARequestOfAnotherBrowserDoesNotGoOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	attacker, victim := newProfile(t), newProfile(t)
	w.signIn(victim)
	attacker.open(w.web.URL + "/start")
	attacker.login("babs", "howes")
	attacker.title("Allow Web shop? · Gatehouse")
	link := eval[string](attacker, `location.href`)
	if !strings.Contains(link, "interaction=") {
		t.Fatalf("the page is %s", link)
	}
	victim.open(link)
	victim.title("This cannot go on from here · Gatehouse")
	victim.open(w.issuer + "/login")
	victim.title("Signed in · Gatehouse")
	if who := eval[string](victim, `document.querySelector(".who strong").textContent`); who != "Diana Krall" {
		t.Errorf("the victim is now %s", who)
	}
}

func TestMust003_AnUnregisteredRedirectURIStaysHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := newProfile(t)
	w.signIn(b)
	for _, uri := range []string{
		"https://evil.example/callback", w.web.URL + "/callback/", w.web.URL + "/callback?x=spoofed", w.web.URL + ".evil.example/callback",
		strings.Replace(w.web.URL, "127.0.0.1", "localhost", 1) + "/callback", "javascript:alert(1)", "//evil.example", "",
	} {
		arrived := len(w.web.arrivals())
		b.open(w.web.begin(url.Values{"redirect_uri": {uri}, "state": {"spoofed"}}).String())
		b.title("This request does not work · Gatehouse")
		if status := b.last().status; status != http.StatusBadRequest || len(w.web.arrivals()) != arrived {
			t.Errorf("%q: status %d, %d answers more", uri, status, len(w.web.arrivals())-arrived)
		}
		if html := eval[string](b, `document.documentElement.outerHTML`); strings.Contains(html, "spoofed") || strings.Contains(html, "evil") {
			t.Errorf("%q: the page repeats what it was sent:\n%s", uri, html)
		}
	}
	if asked := b.asked(); slices.ContainsFunc(asked, func(origin string) bool { return strings.Contains(origin, "evil") }) {
		t.Errorf("the browser went to %v", asked)
	}
}
