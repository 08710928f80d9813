package logout

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const bye = "https://shop.example/bye"

// world is a provider with a guarded API. Its client shop may be returned to; web has registered no such address.
type world struct {
	harness.World
	dir string
}

// newWorld starts one, with more in the provider's block.
func newWorld(t *testing.T, more ...string) *world {
	t.Helper()
	w := &world{World: harness.World{T: t}, dir: t.TempDir()}
	w.House = harness.NewHouse(t, harness.Upstream(t, harness.SayUserID)).With(func(h *harness.House) {
		h.Provider = fmt.Sprintf(`client shop {
			name "Web shop"
			secret %s
			redirect_uris %s
			post_logout_redirect_uris %s
			grant_types authorization_code refresh_token
			scopes openid offline_access %s
		}
		%s`, harness.WebSecret, harness.HouseRedirect, bye, harness.HouseScope, strings.Join(more, "\n"))
	})
	w.Caddy = w.House.Start(t, w.dir)
	return w
}

// logout sends a browser to the end_session_endpoint that the metadata names, with parameters in pairs.
func (w *world) logout(browser *http.Client, pairs ...string) harness.Answer {
	w.T.Helper()
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		query.Add(pairs[i], pairs[i+1])
	}
	return harness.Get(w.T, browser, w.House.Issuer()+"/end_session?"+query.Encode())
}

// leads checks where an answer leads.
func (w *world) leads(answer harness.Answer, want string) {
	w.T.Helper()
	if got := answer.Header.Get("Location"); answer.StatusCode != http.StatusSeeOther || got != want {
		w.T.Errorf("%s to %q, want %q\n%s", answer.Status, got, want, answer.Text)
	}
}

// stays follows an answer to the page that says that the person is signed out, and why it stops there.
func (w *world) stays(browser *http.Client, answer harness.Answer, why string) {
	w.T.Helper()
	page := harness.Get(w.T, browser, answer.Header.Get("Location"))
	if !strings.Contains(page.Text, "<h1>You are signed out</h1>") || !strings.Contains(page.Text, why) {
		w.T.Errorf("%s, want %q\n%s", page.Status, why, page.Text)
	}
}

// signedIn is whether a client gets a code for whoever is signed in, without a page.
func (w *world) signedIn(browser *http.Client) bool {
	_, err := w.Party("web").Silent(browser, "scope", "openid")
	if err != nil && !strings.Contains(err.Error(), "login_required") {
		w.T.Error(err)
	}
	return err == nil
}

func TestThreat083_TheGuardRefusesTheSessionsTokensOnTheNextRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, there := w.Client(t), w.Client(t)
	shop := w.Tokens(here, "shop", "openid "+harness.HouseScope)
	web := w.Tokens(here, "web", "openid "+harness.HouseScope)
	away := w.Tokens(here, "web", harness.OfflineScopes)
	other := w.Tokens(there, "web", "openid "+harness.HouseScope)
	w.leads(w.logout(here, "id_token_hint", shop.IDToken, "post_logout_redirect_uri", bye, "state", "a b"), bye+"?state=a%20b")
	ended := func() {
		t.Helper()
		w.Guard(shop, http.StatusUnauthorized)
		w.Guard(web, http.StatusUnauthorized)
		w.Guard(away, http.StatusOK)
		w.Guard(other, http.StatusOK)
		if w.signedIn(here) || !w.signedIn(there) {
			t.Error("not this browser, or not this one alone, is signed out")
		}
	}
	ended()
	w.Kill(t)
	w.Caddy = w.House.Start(t, w.dir)
	ended()
	if reply, err := w.Party("web").Refresh(away.RefreshToken); err != nil || reply.Error != "" {
		t.Errorf("the grant that outlives the session: %v, %v", reply, err)
	}
	// A logout may be repeated.
	w.leads(w.logout(here, "id_token_hint", shop.IDToken, "post_logout_redirect_uri", bye), bye)
}

// The operator may have offline access end with the session, also while a request of before is remembered.
func TestThreat083_UnderThePolicyOfflineAccessEndsWithTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "logout {\n end offline\n}")
	here, there := w.Client(t), w.Client(t)
	shop := w.Tokens(here, "shop", harness.OfflineScopes)
	web := w.Tokens(here, "web", "openid "+harness.HouseScope)
	other := w.Tokens(there, "shop", harness.OfflineScopes)
	w.leads(w.logout(here, "id_token_hint", shop.IDToken, "post_logout_redirect_uri", bye), bye)
	w.Guard(shop, http.StatusUnauthorized)
	w.Guard(web, http.StatusUnauthorized)
	w.Guard(other, http.StatusOK)
	if reply, err := w.Party("shop").Refresh(shop.RefreshToken); err != nil || reply.Error != "invalid_grant" {
		t.Errorf("refreshed after the session: %v, %v", reply, err)
	}
	if reply, err := w.Party("shop").Refresh(other.RefreshToken); err != nil || reply.Error != "" {
		t.Errorf("another browser's: %v, %v", reply, err)
	}
	if w.signedIn(here) || !w.signedIn(there) {
		t.Error("not this browser, or not this one alone, is signed out")
	}
}

func TestThreat084_HintsAtARealProvider(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, tt := range map[string]struct {
		hint  func(shop, web, earlier *harness.Reply) string
		asked bool
		why   string
	}{
		"of this session":        {hint: func(shop, _, _ *harness.Reply) string { return shop.IDToken }},
		"none":                   {hint: func(_, _, _ *harness.Reply) string { return "" }, asked: true},
		"of an earlier session":  {hint: func(_, _, earlier *harness.Reply) string { return earlier.IDToken }, asked: true},
		"for another client":     {hint: func(_, web, _ *harness.Reply) string { return web.IDToken }, asked: true, why: "not one of this service"},
		"an access token":        {hint: func(shop, _, _ *harness.Reply) string { return shop.AccessToken }, asked: true, why: "not one of this service"},
		"with another signature": {hint: func(shop, _, _ *harness.Reply) string { return shop.IDToken[:len(shop.IDToken)-9] + "AAAAAAAAA" }, asked: true, why: "not one of this service"},
	} {
		browser := w.Client(t)
		earlier := w.Tokens(w.Client(t), "shop", "openid "+harness.HouseScope)
		shop := w.Tokens(browser, "shop", "openid "+harness.HouseScope)
		web := w.Tokens(browser, "web", "openid "+harness.HouseScope)
		answer := w.logout(browser, "id_token_hint", tt.hint(shop, web, earlier), "client_id", "shop", "post_logout_redirect_uri", bye, "state", "s")
		if tt.asked {
			if !strings.Contains(answer.Text, "<h1>Sign out?</h1>") || !w.signedIn(browser) {
				t.Fatalf("%s: %s\n%s", name, answer.Status, answer.Text)
			}
			w.Guard(shop, http.StatusOK)
			answer = harness.Submit(t, browser, harness.FormOf(t, answer))
		}
		if tt.why == "" {
			w.leads(answer, bye+"?state=s")
		} else {
			w.stays(browser, answer, tt.why)
		}
		w.Guard(shop, http.StatusUnauthorized)
		w.Guard(web, http.StatusUnauthorized)
		if w.signedIn(browser) {
			t.Errorf("%s: still signed in", name)
		}
	}
}

func TestMust061_TheLogoutHappensWhateverBecomesOfTheRedirect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for uri, id := range map[string]string{"https://evil.example/": "shop", bye: "web", bye + "/": "shop", "//evil.example": "shop"} {
		browser := w.Client(t)
		tokens := w.Tokens(browser, id, "openid "+harness.HouseScope)
		answer := w.logout(browser, "id_token_hint", tokens.IDToken, "post_logout_redirect_uri", uri)
		w.Guard(tokens, http.StatusUnauthorized)
		w.stays(browser, answer, "has not registered")
	}
}

// An application may send a form from its own site; the browser then keeps our cookies back.
func TestThreat085_AFormOfAnotherSite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	browser := w.Client(t)
	tokens := w.Tokens(browser, "shop", "openid "+harness.HouseScope)
	cross := []string{"Origin", "https://shop.example", "Sec-Fetch-Site", "cross-site"}
	answer := harness.Post(t, w.Client(t), w.House.Issuer()+"/end_session", url.Values{"client_id": {"shop"}, "post_logout_redirect_uri": {bye}}, cross...)
	if asked := harness.Get(t, browser, answer.Header.Get("Location")); !strings.Contains(asked.Text, "<h1>Sign out?</h1>") || !strings.Contains(asked.Text, "Web shop") {
		t.Errorf("%s\n%s", asked.Status, asked.Text)
	}
	w.Guard(tokens, http.StatusOK)
	answer = harness.Post(t, w.Client(t), w.House.Issuer()+"/end_session", url.Values{"id_token_hint": {tokens.IDToken}, "post_logout_redirect_uri": {bye}, "state": {"ü"}}, cross...)
	w.leads(harness.Get(t, browser, answer.Header.Get("Location")), bye+"?state=%C3%BC")
	w.Guard(tokens, http.StatusUnauthorized)
}

func TestMust064_TheMetadataNamesTheFrame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	frame := w.House.Issuer() + "/check_session"
	answer := harness.Get(t, w.Client(t), w.House.Issuer()+"/.well-known/openid-configuration")
	if want := `"check_session_iframe":"` + frame + `"`; !strings.Contains(answer.Text, want) || !strings.Contains(answer.Text, `"end_session_endpoint"`) {
		t.Errorf("the metadata lacks %s", want)
	}
	page := harness.Get(t, w.Client(t), frame)
	policy := page.Header.Get("Content-Security-Policy")
	if page.StatusCode != http.StatusOK || page.Header.Get("X-Frame-Options") != "" || strings.Contains(policy, "frame-ancestors") || !strings.Contains(policy, "connect-src 'none'") {
		t.Errorf("%s: %v", page.Status, page.Header)
	}
	for _, path := range []string{"/account", "/login", "/authorize"} {
		if other := harness.Get(t, w.Client(t), w.House.Issuer()+path); !strings.Contains(other.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s can be framed: %v", path, other.Header)
		}
	}
}

func TestMust060_TheMetadataNamesTheEndpoint(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, document := range []string{"openid-configuration", "oauth-authorization-server"} {
		answer := harness.Get(t, w.Client(t), w.House.Issuer()+"/.well-known/"+document)
		if want := `"end_session_endpoint":"` + w.House.Issuer() + `/end_session"`; !strings.Contains(answer.Text, want) {
			t.Errorf("%s lacks %s", document, want)
		}
	}
	request, err := http.NewRequest(http.MethodHead, w.House.Issuer()+"/end_session", nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer := harness.Do(t, w.Client(t), request); answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("HEAD: %s", answer.Status)
	}
}
