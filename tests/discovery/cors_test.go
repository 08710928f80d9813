package discovery

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const (
	spaOrigin = "https://spa.example"
	webOrigin = "https://shop.example" // of harness.HouseRedirect
	evil      = "https://evil.example"
)

// spa is a client that runs in a page and keeps no secret.
const spa = `client spa {
	auth none
	redirect_uris ` + spaOrigin + `/callback
	grant_types authorization_code refresh_token
	scopes openid profile offline_access ` + harness.HouseScope + `
	consent skip
}`

// script is what runs in a page of an origin: it follows the browser's rules on other origins (Fetch section 4),
// as far as a provider can tell. It has no cookies.
type script struct {
	client *http.Client
	origin string
}

// fetch sends a request after a preflight; the second result tells whether the page is shown the answer.
func (s script) fetch(t *testing.T, method, target string, form url.Values, header ...string) (harness.Answer, bool) {
	t.Helper()
	ask, err := http.NewRequest(http.MethodOptions, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	ask.Header.Set("Origin", s.origin)
	ask.Header.Set("Access-Control-Request-Method", method)
	ask.Header.Set("Access-Control-Request-Headers", "authorization,content-type")
	asked := harness.Do(t, s.client, ask)
	if asked.StatusCode != http.StatusNoContent || !s.shown(asked) || !strings.Contains(asked.Header.Get("Access-Control-Allow-Methods"), method) ||
		!strings.Contains(asked.Header.Get("Access-Control-Allow-Headers"), "Authorization") {
		return asked, false
	}
	header = append(header, "Origin", s.origin)
	var answer harness.Answer
	if method == http.MethodPost {
		answer = harness.Post(t, s.client, target, form, header...)
	} else {
		answer = harness.Get(t, s.client, target, header...)
	}
	return answer, s.shown(answer)
}

func (s script) shown(answer harness.Answer) bool {
	allowed := answer.Header.Values("Access-Control-Allow-Origin")
	return len(allowed) == 1 && (allowed[0] == "*" || allowed[0] == s.origin)
}

// scripts makes scripts for a House: they trust its Caddy, and nothing they get is kept.
func scripts(t *testing.T, c *harness.Caddy) func(origin string) script {
	t.Helper()
	client := c.Client(t)
	client.Jar = nil
	return func(origin string) script { return script{client, origin} }
}

// A page signs somebody in, gets tokens, calls userinfo and revokes: all from its own origin.
func TestAPageDoesItAll(t *testing.T) {
	h := harness.NewHouse(t, harness.Port(t))
	h.Provider = spa
	c := h.Start(t, t.TempDir())
	from := scripts(t, c)
	app := from(spaOrigin)
	party := &harness.Party{HTTP: c.Client(t), Issuer: h.Issuer(), ID: "spa", RedirectURI: spaOrigin + "/callback"}
	browser := h.SignedIn(t, c)
	code, err := party.Silent(browser, "scope", "openid profile "+harness.HouseScope)
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {code.Value}, "code_verifier": {code.Verifier}, "client_id": {"spa"}, "redirect_uri": {party.RedirectURI},
	}
	if _, sent := from(evil).fetch(t, http.MethodPost, h.Issuer()+"/token", form); sent {
		t.Error("a page of nobody may send")
	}
	answer, shown := app.fetch(t, http.MethodPost, h.Issuer()+"/token", form)
	if answer.StatusCode != http.StatusOK || !shown {
		t.Fatalf("token: %s %v %s", answer.Status, answer.Header, answer.Text)
	}
	token := member(t, answer, "access_token")
	if answer, shown = app.fetch(t, http.MethodGet, h.Issuer()+"/userinfo", nil, "Authorization", "Bearer "+token); answer.StatusCode != http.StatusOK || !shown {
		t.Errorf("userinfo: %s %v", answer.Status, answer.Header)
	}
	answer, shown = app.fetch(t, http.MethodPost, h.Issuer()+"/revoke", url.Values{"token": {token}, "client_id": {"spa"}})
	if answer.StatusCode != http.StatusOK || !shown {
		t.Errorf("revoke: %s %v", answer.Status, answer.Header)
	}

	// What went wrong can be read, too.
	answer, shown = app.fetch(t, http.MethodGet, h.Issuer()+"/userinfo", nil, "Authorization", "Bearer "+token)
	if answer.StatusCode != http.StatusUnauthorized || !shown || !strings.Contains(answer.Header.Get("Access-Control-Expose-Headers"), "WWW-Authenticate") {
		t.Errorf("userinfo with a dead token: %s %v", answer.Status, answer.Header)
	}
	if answer, shown = app.fetch(t, http.MethodPost, h.Issuer()+"/token", form); answer.StatusCode != http.StatusBadRequest || !shown {
		t.Errorf("a spent code: %s %v", answer.Status, answer.Header)
	}
}

func member(t *testing.T, answer harness.Answer, name string) string {
	t.Helper()
	_, rest, found := strings.Cut(answer.Text, `"`+name+`":"`)
	value, _, ends := strings.Cut(rest, `"`)
	if !found || !ends {
		t.Fatalf("no %s in %s", name, answer.Text)
	}
	return value
}

func TestThreat100_OtherOriginsReadNothing(t *testing.T) {
	h := harness.NewHouse(t, harness.Port(t))
	h.Provider = spa
	c := h.Start(t, t.TempDir())
	from := scripts(t, c)
	for _, path := range []string{"/jwks", "/.well-known/openid-configuration", wellKnown + "?resource=" + url.QueryEscape(h.Issuer())} {
		for _, origin := range []string{evil, spaOrigin, "null"} {
			answer := harness.Get(t, from(origin).client, h.Issuer()+path, "Origin", origin)
			if answer.Header.Get("Access-Control-Allow-Origin") != "*" || answer.StatusCode != http.StatusOK {
				t.Errorf("%s from %s: %s %v", path, origin, answer.Status, answer.Header)
			}
		}
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {"x"}, "client_id": {"spa"}, "token": {"x"}}
	for _, path := range []string{"/token", "/revoke"} {
		for origin, want := range map[string]bool{spaOrigin: true, webOrigin: false, evil: false, "null": false, spaOrigin + ".evil.example": false} {
			answer := harness.Post(t, from(origin).client, h.Issuer()+path, form, "Origin", origin)
			if from(origin).shown(answer) != want || answer.Header.Get("Vary") != "Origin" {
				t.Errorf("%s from %s: %s %v", path, origin, answer.Status, answer.Header)
			}
		}
	}
	browser := c.Client(t)
	for _, path := range []string{"/authorize?client_id=spa", "/login", "/consent", "/introspect", "/assets/gatehouse.css"} {
		for _, answer := range []harness.Answer{
			harness.Get(t, browser, h.Issuer()+path, "Origin", spaOrigin),
			harness.Post(t, browser, h.Issuer()+path, form, "Origin", spaOrigin),
		} {
			for name := range answer.Header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s: %s: %s", path, name, answer.Header.Get(name))
				}
			}
		}
	}
}
