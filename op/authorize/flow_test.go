package authorize_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

func TestMust021_LoginConsentCode(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	start := h.now()
	h.wait(time.Second)
	page := b.signIn(b.authorize(asking("web", callback, "scope=openid orders:read nonsense")), "diana", "krall")
	page.wantPage("consent")
	for _, want := range []string{"Web shop", "shop.example.com", "Diana Krall", "See your orders", "Orders", api} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the consent page does not say %q", want)
		}
	}
	got := b.decide(page, "allow")
	answer := got.answer(callback)
	if answer.Get("state") != "st" {
		t.Errorf("state = %q", answer.Get("state"))
	}
	g := h.granted(got.code(callback))
	if g.ClientID != "web" || g.Account != "diana" || g.Subject == "" || g.Subject == "diana" || g.UserStamp == "" || g.SID == "" {
		t.Errorf("grant = %+v", g)
	}
	if diff := cmp.Diff(oauth.Scopes{"openid", "orders:read"}, g.Scopes); diff != "" {
		t.Errorf("scopes: an unknown one is dropped, not refused:\n%s", diff)
	}
	if diff := cmp.Diff([]string{api}, g.Resources); diff != "" {
		t.Errorf("resources: the one that owns the scopes:\n%s", diff)
	}
	if g.Offline || g.Refresh || g.ACR != "pwd" || !g.AuthTime.After(start) {
		t.Errorf("grant = %+v", g)
	}
	remembered, err := h.consents.Get(t.Context(), "diana", "web")
	if err != nil || !remembered.Standing() || g.ConsentID != remembered.ID || g.ConsentKey != consent.Key("diana", "web") {
		t.Errorf("grant hangs from %q %q, consent = %+v, %v", g.ConsentKey, g.ConsentID, remembered, err)
	}
}

func TestCodeIsBoundToItsRequest(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	code, err := h.grants.Code(t.Context(), b.authorize(asking("own", "https://own.example.com/cb", "acr_values=pwd", "nonce=once")).code("https://own.example.com/cb"))
	if err != nil {
		t.Fatal(err)
	}
	if code.RedirectURI != "https://own.example.com/cb" || code.Challenge != challenge || code.Nonce != "once" || code.ClientID != "own" {
		t.Errorf("code = %+v", code)
	}
}

func TestConsentIsRememberedUntilMoreIsAsked(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	b.decide(b.authorize(asking("web", callback)), "allow").code(callback)
	b.authorize(asking("web", callback)).code(callback)
	b.authorize(asking("web", callback, "prompt=none")).code(callback)

	more := b.authorize(asking("web", callback, "scope=openid profile email"))
	more.wantPage("consent")
	if !strings.Contains(more.body, "New") {
		t.Error("the page does not mark what is new")
	}
	b.authorize(asking("web", callback+"?keep=1")).wantPage("consent")
	b.authorize(asking("web", callback, "prompt=consent")).wantPage("consent")

	if _, err := h.consents.Withdraw(t.Context(), "diana", "web"); err != nil {
		t.Fatal(err)
	}
	b.authorize(asking("web", callback)).wantPage("consent")
}

func TestConsentOfAnotherPersonDoesNotCount(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	b.decide(b.authorize(asking("web", callback)), "allow").code(callback)
	h.signedIn("babs", "howes").authorize(asking("web", callback)).wantPage("consent")
}

func TestConsentSkip(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	g := h.granted(b.authorize(asking("own", "https://own.example.com/cb")).code("https://own.example.com/cb"))
	if g.ConsentKey != "" || g.ConsentID != "" || h.count(store.Consents) != 0 {
		t.Errorf("nobody consented, yet the grant hangs from %q", g.ConsentKey)
	}
	b.authorize(asking("own", "https://own.example.com/cb", "prompt=consent")).wantPage("consent")
}

func TestDenied(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	page := b.authorize(asking("web", callback))
	v := b.decide(page, "deny").wantError(callback, "access_denied")
	if v.Get("state") != "st" {
		t.Errorf("answer = %v", v)
	}
	if h.count(store.Grants) != 0 || h.count(store.Codes) != 0 || h.count(store.Consents) != 0 {
		t.Error("a no was stored as something else")
	}
	b.decide(page, "allow").wantPage("answered")
	b.decide(page, "deny").wantPage("answered")
}

func TestNotYou(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	login := b.decide(b.authorize(asking("web", callback)), "switch")
	page := b.signIn(login, "babs", "howes")
	page.wantPage("consent")
	if !strings.Contains(page.body, "babs") || strings.Contains(page.body, "Diana") {
		t.Error("the page shows somebody else than who signed in")
	}
	if g := h.granted(b.decide(page, "allow").code(callback)); g.Account != "babs" || g.Subject != "sub-of-babs" {
		t.Errorf("grant = %+v", g)
	}
}

func TestAPageForAnotherSessionIsAskedAgain(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	page := b.authorize(asking("web", callback))
	// In another tab of the same browser somebody else signs in.
	other := b.send(newRequest(http.MethodGet, issuer+"/login?prompt=login", nil))
	b.signIn(other, "babs", "howes")
	again := b.decide(page, "allow")
	again.wantPage("consent")
	if !strings.Contains(again.body, "babs") || h.count(store.Codes) != 0 {
		t.Error("a yes by one person counted for another")
	}
}

// Signing in binds a request to the session: whoever takes its place in another tab is asked first,
// also where no consent page would be shown.
func TestThreat081_ARequestStaysWithWhoSignedInForIt(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	page := b.authorize(asking("own", own))
	back := b.once(newRequest(http.MethodPost, page.form().action, page.filled("username", "diana", "password", "krall")))
	b.signIn(b.send(newRequest(http.MethodGet, issuer+"/login?prompt=login", nil)), "babs", "howes")
	got := b.send(newRequest(http.MethodGet, back.location(), nil))
	got.wantPage("select")
	if !strings.Contains(got.body, "babs") || h.count(store.Codes) != 0 {
		t.Error("diana signed in for the request and babs got the code")
	}
}

// What a page told one person it has not told the next: only a page can be approved that was shown.
func TestThreat008_APageShownToAnotherPersonApprovesNothing(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	login := b.decide(b.authorize(asking("web", callback)), "switch")
	back := b.once(newRequest(http.MethodPost, login.form().action, login.filled("username", "babs", "password", "howes")))
	at, err := url.Parse(back.location())
	if err != nil {
		t.Fatal(err)
	}
	b.send(newRequest(http.MethodPost, issuer+"/consent", url.Values{
		"interaction": {at.Query().Get("interaction")}, "decision": {"allow"},
	})).wantPage("consent")
	if h.count(store.Codes) != 0 {
		t.Error("babs allowed what only diana was shown")
	}
}

func TestDecisionsThatAreNone(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	page := b.authorize(asking("web", callback))
	b.decide(page, "perhaps").wantRefused(http.StatusBadRequest, "invalid_request")
	b.submit(page).wantRefused(http.StatusBadRequest, "invalid_request")
	// A seal from before the consent page was shown: nobody has read anything yet.
	fresh := h.browser()
	login := fresh.authorize(asking("web", callback))
	fresh.submit(login, "decision", "allow").wantPage("login")
	back := fresh.once(newRequest(http.MethodPost, issuer+"/login", login.filled("username", "diana", "password", "krall")))
	address, err := url.Parse(back.location())
	if err != nil {
		t.Fatal(err)
	}
	unseen := url.Values{"interaction": {address.Query().Get("interaction")}, "decision": {"allow"}}
	fresh.send(newRequest(http.MethodPost, issuer+"/consent", unseen)).wantPage("consent")
	if h.count(store.Codes) != 0 {
		t.Error("a code was issued")
	}
	b.decide(page, "allow").code(callback)
}

func TestPostIsLikeGet(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	const redirect = "https://own.example.com/cb"
	b.send(newRequest(http.MethodPost, issuer+"/authorize", asking("own", redirect))).code(redirect)
	r := newRequest(http.MethodPost, issuer+"/authorize?state=x", asking("own", redirect))
	b.send(r).wantRefused(http.StatusBadRequest, "invalid_request")
}

func TestCrossSitePostComesBackWithItsCookies(t *testing.T) {
	const redirect = "https://own.example.com/cb"
	for name, state := range map[string]string{"in the address": "short", "in a form": strings.Repeat("s", 4<<10)} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			b := h.signedIn("diana", "krall")
			params := asking("own", redirect, "state="+state, "login_hint="+state)
			r := newRequest(http.MethodPost, issuer+"/authorize", params)
			r.Header.Set("Origin", "https://own.example.com")
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			got := h.browser().once(r) // SameSite=Lax: no cookie goes with it
			if len(got.header.Values("Set-Cookie")) != 0 {
				t.Error("a cookie was set before the real ones were seen")
			}
			switch got.status {
			case http.StatusSeeOther:
				got = b.send(newRequest(http.MethodGet, got.location(), nil))
			default:
				got.wantPage("continue")
				got = b.submit(got)
			}
			if v := got.answer(redirect); v.Get("code") == "" || v.Get("state") != state {
				t.Errorf("answer = %.200v", v)
			}
		})
	}
	t.Run("changed", func(t *testing.T) {
		newHouse(t).browser().send(newRequest(http.MethodGet, issuer+"/authorize?posted=AAAA", nil)).
			wantRefused(http.StatusBadRequest, "invalid_request")
	})
}

func TestThreat092_FormPost(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	const redirect = "https://own.example.com/cb"
	for _, state := range []string{"st", `"'<script>alert(1)</script>&amp;`, "ü → 世界", " + %2B "} {
		got := b.authorize(asking("own", redirect, "response_mode=form_post", "state="+state))
		f := got.form()
		if got.status != http.StatusOK || f.action != redirect || f.hidden.Get("code") == "" || f.hidden.Get("iss") != issuer {
			t.Fatalf("got %d, form %v", got.status, f)
		}
		if f.hidden.Get("state") != state {
			t.Errorf("state = %q, want %q", f.hidden.Get("state"), state)
		}
		if csp := got.header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action https://own.example.com") {
			t.Errorf("CSP = %q", csp)
		}
	}
	refused := b.authorize(asking("web", callback, "response_mode=form_post", "prompt=none")).form()
	want := url.Values{
		"error": {"consent_required"}, "error_description": {"the person has to consent"}, "state": {"st"}, "iss": {issuer},
		"session_state": refused.hidden["session_state"],
	}
	if diff := cmp.Diff(want, refused.hidden); refused.action != callback || diff != "" {
		t.Errorf("an error by form_post to %s:\n%s", refused.action, diff)
	}
}

func TestMust008_IssIsInEveryAnswer(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	for _, mode := range []string{"query", "form_post"} {
		for _, prompt := range []string{"", "none login"} { // a code, and an error
			got := b.authorize(asking("own", own, "response_mode="+mode, "prompt="+prompt))
			var fields url.Values
			switch mode {
			case "query":
				fields = got.answer(own)
			case "form_post":
				fields = got.form().hidden
			}
			if len(fields["iss"]) != 1 || fields.Get("iss") != issuer || fields.Has("code") == fields.Has("error") {
				t.Errorf("%s, prompt %q: %v", mode, prompt, fields)
			}
		}
	}
}

func TestAPageThatSaidSomethingElseIsShownAgain(t *testing.T) {
	for name, change := range map[string]func(*house){
		"another name":  func(h *house) { h.clients[0].Name = "Your bank" },
		"another terms": func(h *house) { h.clients[0].TOSURI = "https://shop.example.com/terms" },
		"more scopes":   func(h *house) { h.clients[0].Scopes = append(h.clients[0].Scopes, "phone") },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			b := h.signedIn("diana", "krall")
			page := b.authorize(asking("web", callback, "scope=openid phone"))
			change(h)
			h.build() // as a reload does, between page and answer
			again := b.decide(page, "allow")
			again.wantPage("consent")
			if h.count(store.Codes) != 0 {
				t.Error("a yes counted for what the page had not said")
			}
			b.decide(again, "allow").code(callback)
		})
	}
}
