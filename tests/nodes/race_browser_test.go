package nodes

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// navigation is what a browser sends when somebody goes to a page.
var navigation = []string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "none", "Accept", "text/html"}

// location is where a redirect leads.
func location(t *testing.T, answer harness.Answer) *url.URL {
	t.Helper()
	to, err := answer.Location()
	if err != nil {
		t.Fatalf("%s: %v\n%s", answer.Status, err, answer.Text)
	}
	return to
}

// cookieless is the node's client with the cookies that a browser has for an address now, whatever it is given later: all
// racers ask with the same.
func (n *node) cookieless(t *testing.T, browser *http.Client, address string) func(method, body string) (*harness.Reply, error) {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	cookies := browser.Jar.Cookies(at)
	client := *n.client
	client.Jar = nil
	return func(method, body string) (*harness.Reply, error) {
		request, err := http.NewRequest(method, address, strings.NewReader(body))
		if err != nil {
			return nil, err
		}
		for i := 0; i < len(navigation); i += 2 {
			request.Header.Set(navigation[i], navigation[i+1])
		}
		if method == http.MethodPost {
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			request.Header.Set("Origin", at.Scheme+"://"+at.Host)
			request.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		for _, one := range cookies {
			request.AddCookie(one)
		}
		return harness.Read(client.Do(request))
	}
}

// raceForACodeOfASite: a code signs in one time, and the browser that it signed in is.
func raceForACodeOfASite(t *testing.T, w *world, rounds int) {
	t.Helper()
	browser := w.a.house.SignedIn(t, w.a.Caddy)
	for i := range rounds {
		here, there := w.nodes()[i%2], w.nodes()[(i+1)%2]
		begun := location(t, harness.Get(t, here.visiting(browser), w.site+"/", navigation...))
		back := location(t, harness.Get(t, there.visiting(browser), begun.String(), navigation...)).String()
		if !strings.HasPrefix(back, w.site+"/.gatehouse/enter?code=") {
			t.Fatalf("the way back is %s", back)
		}
		enter := map[*node]func(method, body string) (*harness.Reply, error){}
		for _, n := range w.nodes() {
			enter[n] = n.cookieless(t, browser, back)
		}
		answers := w.race(t, func(_ int, n *node) (*harness.Reply, error) { return enter[n](http.MethodGet, "") })
		won := onlyWinner(t, answers, http.StatusSeeOther, http.StatusForbidden, "")
		given := 0
		for _, got := range answers {
			given += len(got.Header.Values("Set-Cookie"))
		}
		if given != 1 {
			t.Fatalf("%d cookies were given", given)
		}
		cookie, err := http.ParseSetCookie(won.Header.Get("Set-Cookie"))
		if err != nil {
			t.Fatal(err)
		}
		page := harness.Get(t, there.client, w.site+"/", "Cookie", cookie.Name+"="+cookie.Value)
		if page.StatusCode != http.StatusOK || !strings.HasPrefix(page.Text, "upstream for ") {
			t.Fatalf("the one that won: %s", page.Status)
		}
	}
}

// consenting opens a request for which shop's person has to consent, and returns the page's form.
func consenting(t *testing.T, n *node, browser *http.Client) (form harness.Form, verifier string) {
	t.Helper()
	address, verifier := n.house.Party(browser, "shop").AuthorizationURL("scope", harness.OfflineScopes, "prompt", "consent")
	form = harness.FormOf(t, harness.Follow(t, browser, harness.Get(t, browser, address)))
	if !form.Fields.Has("interaction") {
		t.Fatalf("no page asks for consent: %v", form)
	}
	return form, verifier
}

// raceForAnAnswer: a request is answered once, whichever button was pressed how often in how many tabs, and the code of a
// yes is good.
func raceForAnAnswer(t *testing.T, w *world, rounds int) {
	t.Helper()
	browser := w.a.house.SignedIn(t, w.a.Caddy)
	for i := range rounds {
		here := w.nodes()[i%2]
		form, verifier := consenting(t, here, here.visiting(browser))
		press := map[*node]func(method, body string) (*harness.Reply, error){}
		for _, n := range w.nodes() {
			press[n] = n.cookieless(t, browser, form.Action)
		}
		bodies := [2]string{}
		for j, decision := range []string{"allow", "deny"} {
			values := url.Values{"decision": {decision}}
			for name := range form.Fields {
				if name != "decision" {
					values.Set(name, form.Fields.Get(name))
				}
			}
			bodies[j] = values.Encode()
		}
		won := onlyWinner(t, w.race(t, func(i int, n *node) (*harness.Reply, error) {
			return press[n](http.MethodPost, bodies[i/2%2])
		}), http.StatusSeeOther, http.StatusConflict, "")
		told, err := url.Parse(won.Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		if told.Query().Get("error") == "access_denied" {
			continue
		}
		got := harness.Must(t)(here.house.Party(here.client, "shop").Redeem(harness.Code{Value: told.Query().Get("code"), Verifier: verifier}))
		if got.Status != http.StatusOK || here.guarded(t, got.AccessToken) != http.StatusOK {
			t.Fatalf("the code of the answer: %s", got)
		}
	}
}

// raceOfTabs: sixteen requests of one person for one client are no race. All are allowed in the same moment, which writes one
// consent sixteen times and gives the session one name, and each gets a code of its own.
func raceOfTabs(t *testing.T, w *world, rounds int) {
	t.Helper()
	for range rounds {
		browser := w.a.house.SignedIn(t, w.a.Caddy)
		asks := make([]func(method, body string) (*harness.Reply, error), racers)
		bodies := make([]string, racers)
		for i := range asks {
			n := w.nodes()[i%2]
			form, _ := consenting(t, n, n.visiting(browser))
			asks[i] = n.cookieless(t, browser, form.Action)
			form.Fields.Set("decision", "allow")
			bodies[i] = form.Fields.Encode()
		}
		codes := map[string]bool{}
		for _, got := range w.race(t, func(i int, _ *node) (*harness.Reply, error) { return asks[i](http.MethodPost, bodies[i]) }) {
			told, err := url.Parse(got.Header.Get("Location"))
			if err != nil || told.Query().Get("code") == "" {
				t.Fatalf("a tab got %s, to %q", got, told)
			}
			codes[told.Query().Get("code")] = true
		}
		if len(codes) != racers {
			t.Fatalf("%d codes for %d requests", len(codes), racers)
		}
	}
}
