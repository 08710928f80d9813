package logout

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// newTellingWorld has two clients more, which are told in a frame when somebody has signed out: the shop and the news.
func newTellingWorld(t *testing.T) *world {
	t.Helper()
	var clients []string
	for id, out := range map[string]string{"forum": "https://forum.example:8443/out?from=id", "news": "https://news.example/out"} {
		clients = append(clients, fmt.Sprintf(`
		client %s {
			secret %s
			redirect_uris %s %s/callback
			post_logout_redirect_uris %s
			frontchannel_logout_uri %s
			frontchannel_logout_session_required
			scopes openid %s
		}`, id, harness.WebSecret, harness.HouseRedirect, harness.Origin(t, out), bye, out, harness.HouseScope))
	}
	return newWorld(t, clients...)
}

// sid is how a client knows the session it got an ID token in.
func sid(t *testing.T, idToken string) string {
	t.Helper()
	var claims struct {
		SID string `json:"sid"`
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(idToken, ".")[1])
	if err == nil {
		err = json.Unmarshal(payload, &claims)
	}
	if err != nil || claims.SID == "" {
		t.Fatalf("%s: %v", payload, err)
	}
	return claims.SID
}

var framed = regexp.MustCompile(`<iframe src="([^"]*)" sandbox="allow-scripts allow-same-origin" referrerpolicy="no-referrer"`)

// told follows an answer to the page that tells applications, and gives the addresses it loads and where it goes on.
func (w *world) told(browser *http.Client, answer harness.Answer) (page harness.Answer, frames []string, onward string) {
	w.T.Helper()
	location := answer.Header.Get("Location")
	if answer.StatusCode != http.StatusSeeOther || !strings.HasPrefix(location, w.House.Issuer()+"/frontchannel_logout?") {
		w.T.Fatalf("%s to %q\n%s", answer.Status, location, answer.Text)
	}
	page = harness.Get(w.T, browser, location)
	for _, found := range framed.FindAllStringSubmatch(page.Text, -1) {
		frames = append(frames, strings.ReplaceAll(found[1], "&amp;", "&"))
	}
	return page, frames, strings.TrimPrefix(page.Header.Get("Refresh"), "3; url=")
}

func TestMust063_TheBrowserTellsTheApplicationsOfItsSession(t *testing.T) {
	t.Parallel()
	w := newTellingWorld(t)
	here, there := w.Client(t), w.Client(t)
	forum := w.Tokens(here, "forum", "openid "+harness.HouseScope)
	news := w.Tokens(here, "news", "openid "+harness.HouseScope)
	w.Tokens(here, "shop", "openid "+harness.HouseScope)
	elsewhere := w.Tokens(there, "news", "openid "+harness.HouseScope)

	answer := w.logout(here, "id_token_hint", forum.IDToken, "post_logout_redirect_uri", bye, "state", "a b")
	// It has ended by now, whether or not the browser goes on.
	w.Guard(forum, http.StatusUnauthorized)
	w.Guard(news, http.StatusUnauthorized)
	if w.signedIn(here) {
		t.Error("still signed in")
	}
	page, frames, onward := w.told(here, answer)
	iss := "iss=" + strings.NewReplacer(":", "%3A", "/", "%2F").Replace(w.House.Issuer())
	want := []string{
		"https://forum.example:8443/out?from=id&" + iss + "&sid=" + sid(t, forum.IDToken),
		"https://news.example/out?" + iss + "&sid=" + sid(t, news.IDToken),
	}
	if fmt.Sprint(frames) != fmt.Sprint(want) {
		t.Errorf("frames %q\nwant   %q", frames, want)
	}
	policy := page.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "; frame-src https://forum.example:8443 https://news.example; ") || !strings.Contains(policy, "; frame-ancestors 'none'; ") || page.Header.Get("X-Frame-Options") != "DENY" || page.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", page.Header)
	}
	if onward != bye+"?state=a%20b" {
		t.Errorf("on to %q", onward)
	}
	// A session elsewhere is not touched, and its application is told something else when it ends.
	w.Guard(elsewhere, http.StatusOK)
	_, frames, onward = w.told(there, harness.Submit(t, there, harness.FormOf(t, w.logout(there))))
	if len(frames) != 1 || frames[0] == want[1] || !strings.HasPrefix(onward, w.House.Issuer()+"/end_session?done=") {
		t.Errorf("%q, on to %q", frames, onward)
	}
	if last := harness.Get(t, there, onward); !strings.Contains(last.Text, "<h1>You are signed out</h1>") {
		t.Errorf("%s\n%s", last.Status, last.Text)
	}
}

func TestMust063_SigningOutOnTheAccountPageTellsThemToo(t *testing.T) {
	t.Parallel()
	w := newTellingWorld(t)
	for _, where := range []string{"here", "everywhere"} {
		browser := w.Client(t)
		w.Tokens(browser, "news", "openid "+harness.HouseScope)
		account := harness.FormOf(t, harness.Get(t, browser, w.House.Issuer()+"/account"))
		_, frames, onward := w.told(browser, harness.Submit(t, browser, account, "sign_out", where))
		if len(frames) != 1 || !strings.HasPrefix(frames[0], "https://news.example/out?iss=") {
			t.Errorf("%s: %q", where, frames)
		}
		if last := harness.Get(t, browser, onward); !strings.Contains(last.Text, "<h1>You are signed out</h1>") {
			t.Errorf("%s: %s\n%s", where, last.Status, last.Text)
		}
	}
}

// An application that is told nothing changes nothing.
func TestWithoutAnAddressTheWayIsStraight(t *testing.T) {
	t.Parallel()
	w := newTellingWorld(t)
	browser := w.Client(t)
	shop := w.Tokens(browser, "shop", "openid "+harness.HouseScope)
	w.leads(w.logout(browser, "id_token_hint", shop.IDToken, "post_logout_redirect_uri", bye), bye)
}

func TestMust063_TheMetadataTellsOfIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	answer := harness.Get(t, w.Client(t), w.House.Issuer()+"/.well-known/openid-configuration")
	for _, member := range []string{"frontchannel_logout_supported", "frontchannel_logout_session_supported"} {
		if !strings.Contains(answer.Text, `"`+member+`":true`) {
			t.Errorf("the metadata lacks %s", member)
		}
	}
}

func TestMust063_AClientThatRegisteredItselfIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "registration open")
	type registered struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	register := func(out string) (status int, made registered) {
		body := fmt.Sprintf(`{"redirect_uris": [%q, "https://forum.example/callback"], "post_logout_redirect_uris": [%q],
			"frontchannel_logout_uri": %q, "frontchannel_logout_session_required": true, "scope": "openid"}`, harness.HouseRedirect, bye, out)
		request, err := http.NewRequest(http.MethodPost, w.House.Issuer()+"/register", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		answer := harness.Do(t, w.Client(t), request)
		if err := json.Unmarshal([]byte(answer.Text), &made); err != nil {
			t.Fatalf("%s: %v\n%s", answer.Status, err, answer.Text)
		}
		return answer.StatusCode, made
	}
	if status, _ := register("https://evil.example/out"); status != http.StatusBadRequest {
		t.Errorf("another origin: %d", status)
	}
	status, made := register("https://forum.example/out")
	if status != http.StatusCreated {
		t.Fatal(status)
	}
	browser, party := w.Client(t), w.Party(made.ID)
	party.Secret = made.Secret
	address, verifier := party.AuthorizationURL("scope", "openid")
	answer := harness.SignIn(t, browser, address, harness.Person, harness.Password)
	location, err := answer.Location()
	if err != nil {
		t.Fatalf("%s: %v\n%s", answer.Status, err, answer.Text)
	}
	reply, err := party.Redeem(harness.Code{Value: location.Query().Get("code"), Verifier: verifier})
	if err != nil || reply.IDToken == "" {
		t.Fatalf("%v: %v", reply, err)
	}
	_, frames, onward := w.told(browser, w.logout(browser, "id_token_hint", reply.IDToken, "post_logout_redirect_uri", bye))
	if len(frames) != 1 || !strings.HasPrefix(frames[0], "https://forum.example/out?iss=") || !strings.HasSuffix(frames[0], "&sid="+sid(t, reply.IDToken)) || onward != bye {
		t.Errorf("%q, on to %q", frames, onward)
	}
}
