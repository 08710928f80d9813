package browser

import (
	"maps"
	"net/http"
	"net/url"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

// logoutRequest is what the application asks the provider to sign the person out with, and more.
func (p *relyingParty) logoutRequest(more url.Values) url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	request := url.Values{"id_token_hint": {p.idToken}, "post_logout_redirect_uri": {p.URL + "/bye"}, "state": {"s&t"}}
	maps.Copy(request, more)
	return request
}

// logout is a page with a button that signs out, by a form of the application's own site.
func (p *relyingParty) logout(w http.ResponseWriter, r *http.Request) {
	form := map[string]any{"Fields": p.logoutRequest(r.URL.Query()), "Action": p.issuer + "/end_session"}
	_ = partyPage.Execute(w, map[string]any{"Title": "Log out", "Form": form})
}

func (p *relyingParty) bye(w http.ResponseWriter, r *http.Request) {
	_ = partyPage.Execute(w, map[string]any{"Title": "Bye from " + p.id, "Result": r.URL.RawQuery})
}

// gone checks that the browser is back at the application, with its state and nothing else, and signed out.
func (w *world) gone(b *chromium.Tab) {
	b.T.Helper()
	b.Title("Bye from " + w.web.id)
	if got := chromium.Eval[string](b, `document.getElementById("result").textContent`); got != "state=s%26t" {
		b.T.Errorf("came back with %q", got)
	}
	w.signedOut(b)
}

func (w *world) signedOut(b *chromium.Tab) {
	b.T.Helper()
	b.Open(w.issuer + "/account")
	b.Title("Sign in · Gatehouse")
}

// A person presses the button of an application, which sends its form from another site, with and without scripts.
func TestAnApplicationSignsThePersonOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	for _, scripts := range []bool{true, false} {
		b := chromium.NewTab(t)
		b.Scripts(scripts)
		if shown := w.signIn(b); shown.Error != "" {
			t.Fatalf("%+v", shown)
		}
		b.Open(w.web.URL + "/logout")
		b.Press("button")
		w.gone(b)
		// By a link.
		w.signIn(b)
		b.Open(w.issuer + "/end_session?" + w.web.logoutRequest(nil).Encode())
		w.gone(b)
		if errors := append(b.Errors(), b.Violations()...); len(errors) > 0 {
			t.Errorf("scripts %t: the console says %q", scripts, errors)
		}
	}
}

// Without a hint of this session the page asks; what the person does there is done, and nothing else is.
func TestThreat085_ThePageAsksBeforeItSignsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	g := newGallery(t)
	b := chromium.NewTab(t)
	b.Scripts(false)
	w.signIn(b)
	unproven := url.Values{"id_token_hint": {""}, "client_id": {"web"}}
	b.Open(w.issuer + "/end_session")
	b.Title("Sign out? · Gatehouse")
	g.show(b, "end-session-alone")
	b.Open(w.web.URL + "/logout?" + unproven.Encode())
	b.Press("button")
	b.Title("Sign out? · Gatehouse")
	g.show(b, "end-session")
	b.Press(`a[href$="/account"]`)
	b.Title("Your account · Gatehouse")
	b.Open(w.web.URL + "/logout?" + unproven.Encode())
	b.Press("button")
	b.Press("button.primary")
	w.gone(b)

	// Somebody else has signed in since the page was shown.
	b.Login("diana", "krall")
	b.Open(w.issuer + "/end_session?client_id=web")
	other := b.Another()
	other.Open(w.issuer + "/login?prompt=login")
	other.Login("babs", "howes")
	b.Press("button.primary")
	b.Title("Error: Sign out? · Gatehouse")
	g.show(b, "end-session-stale")
	b.Press("button.primary")
	b.Title("Signed out · Gatehouse")
	g.show(b, "signed-out-here")
	w.signedOut(b)

	// Each reason for which it stops here.
	for name, request := range map[string]url.Values{
		"hint":     w.web.logoutRequest(url.Values{"id_token_hint": {"bad"}}),
		"redirect": w.web.logoutRequest(url.Values{"post_logout_redirect_uri": {w.web.URL + "/elsewhere"}}),
		"client":   w.web.logoutRequest(url.Values{"id_token_hint": {""}}),
		"request":  w.web.logoutRequest(url.Values{"state": {"a", "b"}}),
	} {
		b.Open(w.issuer + "/end_session?" + request.Encode())
		b.Title("Signed out · Gatehouse")
		b.Wait(`document.querySelector(".problem").innerText.startsWith("It ends here")`)
		g.show(b, "signed-out-"+name)
	}
	if errors := append(b.Errors(), b.Violations()...); len(errors) > 0 {
		t.Errorf("the console says %q", errors)
	}
	if executed := b.Executions(); len(executed) > 0 {
		t.Errorf("something ran: %q", executed)
	}
}
