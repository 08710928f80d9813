package logout

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/idtoken"
)

// OpenID Connect RP-Initiated Logout section 3: the logout happens whatever becomes of the redirect.
func TestMust061_ABadRedirectNeverStopsTheLogoutAndIsNeverFollowed(t *testing.T) {
	for name, tt := range map[string]struct {
		pairs []string
		words string
	}{
		"not registered":            {[]string{"post_logout_redirect_uri", "https://web.example/other"}, "has not registered"},
		"another's":                 {[]string{"post_logout_redirect_uri", "https://signer.example/bye"}, "has not registered"},
		"a redirect URI":            {[]string{"post_logout_redirect_uri", granttest.Redirect}, "has not registered"},
		"another port":              {[]string{"post_logout_redirect_uri", "https://web.example:443/bye"}, "has not registered"},
		"another case":              {[]string{"post_logout_redirect_uri", "https://WEB.example/bye"}, "has not registered"},
		"a query":                   {[]string{"post_logout_redirect_uri", bye + "?x=y"}, "has not registered"},
		"a fragment":                {[]string{"post_logout_redirect_uri", bye + "#x"}, "has not registered"},
		"a script":                  {[]string{"post_logout_redirect_uri", "javascript:alert(1)"}, "has not registered"},
		"twice":                     {[]string{"post_logout_redirect_uri", bye, "post_logout_redirect_uri", bye}, "more than one way"},
		"the state twice":           {[]string{"post_logout_redirect_uri", bye, "state", "a", "state", "b"}, "more than one way"},
		"none, and nothing is said": {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			b := h.signedIn("alice")
			w := b.get(append(tt.pairs, "id_token_hint", b.hint("web"))...)
			if strings.Contains(tt.words, "more than one") { // what is read in two ways proves nothing
				granttest.WantPage(t, w, http.StatusOK, "Sign out?")
				w = b.press(w)
			}
			if b.IsSignedIn() {
				t.Error("still signed in")
			}
			page := b.follow(w)
			granttest.WantPage(t, page, http.StatusOK, "Signed out", "In this browser.", tt.words)
			if told := strings.Contains(page.Body.String(), "It ends here"); told != (tt.words != "") {
				t.Errorf("the page says why it ends here: %t", told)
			}
		})
	}
}

// Without a known client there is nobody to return to, whoever has registered the address.
func TestMust061_NoRedirectWithoutAKnownClient(t *testing.T) {
	cfg := standard()
	cfg.Clients[1].Disabled, cfg.Clients[1].PostLogoutRedirectURIs = true, []string{bye}
	for name, id := range map[string]string{"none": "", "unknown": "nobody", "disabled": "other"} {
		h := furnish(t, granttest.New(t), cfg)
		b := h.signedIn("alice")
		page := b.get("client_id", id, "post_logout_redirect_uri", bye, "state", "s")
		granttest.WantPage(t, page, http.StatusOK, "Sign out?", "You were sent here to sign out.")
		granttest.WantPage(t, b.follow(b.press(page)), http.StatusOK, "Signed out", "does not know the application")
		if b.IsSignedIn() {
			t.Errorf("%s: still signed in", name)
		}
	}
}

func TestAfterTheLogoutTheStateAndNothingElseGoesBack(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	for uri, want := range map[string]string{bye: bye + "?", byeByes: byeByes + "&"} {
		granttest.WantRedirect(t, b.get("client_id", "web", "post_logout_redirect_uri", uri), uri)
		granttest.WantRedirect(t, b.get("client_id", "web", "post_logout_redirect_uri", uri, "state", "a b&c=d"), want+"state=a%20b%26c%3Dd")
	}
	rapid.Check(t, func(t *rapid.T) {
		state := rapid.StringN(1, 60, 200).Draw(t, "state")
		location, err := url.Parse(b.get("client_id", "web", "post_logout_redirect_uri", byeByes, "state", state).Header().Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		if got := location.Query(); got.Get("state") != state || got.Get("from") != "us" || len(got) != 2 {
			t.Fatalf("%q came back as %v", state, got)
		}
	})
}

// RFC 8252 section 7.3: the port of a loopback address is whatever was free.
func TestANativeApplicationReturnsToAnyPortOfItsDevice(t *testing.T) {
	h := newHouse(t)
	for uri, ok := range map[string]bool{
		"http://127.0.0.1/bye": true, "http://127.0.0.1:4711/bye": true, "com.example.app:/bye": true,
		"http://127.0.0.1:4711/other": false, "http://localhost:4711/bye": false, "http://127.0.0.2/bye": false, "com.example.other:/bye": false,
	} {
		w := h.browser().get("client_id", "native", "post_logout_redirect_uri", uri)
		if (w.Header().Get("Location") == uri) != ok {
			t.Errorf("%s: %d to %q", uri, w.Code, w.Header().Get("Location"))
		}
	}
}

// The spellings that have made other products leave their site.
func TestThreat010_NoSpellingLeavesTheSite(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	prefixes := []string{"", "https:", "https:/", "https://", "/", "//", "///", `\`, `/\`, `\/`, "\t//", " //", "http://", "HTTPS://", "javascript://", "data:", "https:web.example", "https://web.example@", `https://web.example\`, "https://web.example%2f@", "https://web.example/bye/../", "https://web.example/bye%00", "https://web.example/bye\n"}
	hosts := []string{"evil.example", "evil.example/bye", "evil.example#web.example/bye", "evil.example?https://web.example/bye", `evil.example\@web.example`, "web.example.evil.example", "%65vil.example", "[::1]", "evil.example:443", "evil。example"}
	for _, prefix := range prefixes {
		for _, host := range hosts {
			for _, pairs := range [][]string{
				{"client_id", "web", "post_logout_redirect_uri", prefix + host},
				{"client_id", "web", "post_logout_redirect_uri", prefix + host, "id_token_hint", h.idToken("web", idtoken.Request{Subject: "s"})},
				{"done", prefix + host},
				{"posted", prefix + host},
				{"state", prefix + host, "redirect_uri", prefix + host},
			} {
				if to := b.get(pairs...).Header().Get("Location"); to != "" && !strings.HasPrefix(to, granttest.Issuer+"/end_session?done=") {
					t.Errorf("%q leads to %q", pairs, to)
				}
			}
		}
	}
}

// What is logged of a redirect that was not followed says who asked, and nothing that was sent.
func TestARedirectThatIsNotFollowedIsLogged(t *testing.T) {
	h := newHouse(t)
	h.browser().get("client_id", "web", "post_logout_redirect_uri", "https://secret.example/", "state", "secret")
	log := h.Log.String()
	if strings.Count(log, "\n") != 1 || strings.Contains(log, "secret") || !strings.Contains(log, `"endpoint":"end_session"`) || !strings.Contains(log, `"client_id":"web"`) {
		t.Errorf("the log says %s", log)
	}
}

// A request that no page of ours can carry on still lets people sign out.
func TestMust061_ALargeRequestDoesNotStopTheLogout(t *testing.T) {
	h := newHouse(t)
	large := []string{"client_id", "web", "post_logout_redirect_uri", bye, "state", strings.Repeat("x", 20<<10)}
	b := h.signedIn("alice")
	page := b.get(large...)
	granttest.WantPage(t, page, http.StatusOK, "Sign out?")
	if strings.Contains(page.Body.String(), "You return to") {
		t.Error("the page promises a way back")
	}
	granttest.WantPage(t, b.follow(b.press(page)), http.StatusOK, "Signed out", "It ends here")
	if b.IsSignedIn() {
		t.Error("still signed in")
	}
	b.SignIn("alice")
	r := h.browser().Request(http.MethodPost, "/end_session", values(large))
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	page = b.follow(h.browser().send(r))
	granttest.WantPage(t, page, http.StatusOK, "Sign out?")
	granttest.WantPage(t, b.follow(b.press(page)), http.StatusOK, "Signed out")
	if b.IsSignedIn() {
		t.Error("still signed in after a POST")
	}
}
