package browser

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

// readsFragment is the page of an application without a server: it takes the answer out of its address, asks userinfo if
// it got a token, and shows what it has.
const readsFragment = `<!doctype html><html lang="en"><title>Page</title><pre id="result"></pre><script>
(async () => {
	const answer = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
	const shown = {answer, query: location.search, referrer: document.referrer};
	if (answer.access_token)
		shown.userinfo = await (await fetch(%q, {headers: {Authorization: "Bearer " + answer.access_token}})).json();
	document.getElementById("result").textContent = JSON.stringify(shown);
	document.title = "Page has read";
})();
</script>`

// shownByPage is what the page has.
type shownByPage struct {
	Answer          map[string]string
	Query, Referrer string
	UserInfo        map[string]any
}

// pageApp is a world with an application that lives in the browser alone.
type pageApp struct {
	*world
	config oauth2.Config
}

func newPageApp(t *testing.T) *pageApp {
	t.Helper()
	app := &pageApp{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, readsFragment, app.issuer+"/userinfo")
	}))
	t.Cleanup(server.Close)
	redirect := server.URL + "/page"
	app.world = newWorld(t, `client page {
		name "Page"
		auth none
		application_type native
		redirect_uris `+redirect+`
		response_types id_token "id_token token" "code id_token" "code token" "code id_token token"
		scopes openid profile email
	}`)
	app.config = oauth2.Config{
		ClientID: "page", RedirectURL: redirect, Scopes: []string{"openid", "profile"},
		Endpoint: oauth2.Endpoint{AuthURL: app.issuer + "/authorize", TokenURL: app.issuer + "/token", AuthStyle: oauth2.AuthStyleInParams},
	}
	return app
}

// authorize goes through the provider and gives what the page got.
func (app *pageApp) authorize(b *chromium.Tab, responseType, verifier string, more ...oauth2.AuthCodeOption) shownByPage {
	b.T.Helper()
	b.Open(app.config.AuthCodeURL("a b&c", append([]oauth2.AuthCodeOption{
		oidc.Nonce("nonce of " + responseType), oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("response_type", responseType),
	}, more...)...))
	if chromium.Eval[bool](b, `!!document.querySelector("#password")`) {
		b.Login("diana", "krall")
	}
	b.Wait(`document.title === "Page has read" || document.querySelector("button[value=allow]")`)
	if chromium.Eval[bool](b, `!!document.querySelector("button[value=allow]")`) {
		b.Press("button[value=allow]")
	}
	b.Title("Page has read")
	var shown shownByPage
	if err := json.Unmarshal([]byte(chromium.Eval[string](b, `document.getElementById("result").textContent`)), &shown); err != nil {
		b.T.Fatal(err)
	}
	if shown.Query != "" || shown.Referrer != "" || shown.Answer["iss"] != app.issuer || shown.Answer["state"] != "a b&c" {
		b.T.Errorf("%s: %+v", responseType, shown)
	}
	return shown
}

// OIDC Core sections 3.2 and 3.3, by a client library and a page that a real browser shows.
func TestAPageReadsItsAnswerFromTheFragment(t *testing.T) {
	t.Parallel()
	app := newPageApp(t)
	b := chromium.NewTab(t)
	ctx := oidc.ClientContext(t.Context(), app.Client(t))
	discovered, err := oidc.NewProvider(ctx, app.issuer)
	if err != nil {
		t.Fatal(err)
	}
	verifier := discovered.VerifierContext(ctx, &oidc.Config{ClientID: "page"})
	for _, responseType := range []string{"id_token", "id_token token", "code id_token", "code token", "code id_token token"} {
		proof := oauth2.GenerateVerifier()
		shown := app.authorize(b, responseType, proof)
		parts := strings.Fields(responseType)
		for name, part := range map[string]string{"code": "code", "id_token": "id_token", "access_token": "token"} {
			if has := shown.Answer[name] != ""; has != slices.Contains(parts, part) {
				t.Fatalf("%s: %s is there: %t", responseType, name, has)
			}
		}
		subject := "dikr0001"
		if raw := shown.Answer["id_token"]; raw != "" {
			token, err := verifier.Verify(ctx, raw)
			if err != nil {
				t.Fatalf("%s: %v", responseType, err)
			}
			checkFrontChannel(t, token, responseType, shown.Answer)
			subject = token.Subject
		}
		if shown.Answer["access_token"] != "" && (shown.UserInfo["sub"] != subject || shown.UserInfo["name"] != "Diana Krall") {
			t.Errorf("%s: userinfo %v", responseType, shown.UserInfo)
		}
		if code := shown.Answer["code"]; code != "" {
			token, err := app.config.Exchange(ctx, code, oauth2.VerifierOption(proof))
			if err != nil {
				t.Fatalf("%s: %v", responseType, err)
			}
			raw, _ := token.Extra("id_token").(string)
			if again, err := verifier.Verify(ctx, raw); err != nil || again.Subject != subject || again.Nonce != "nonce of "+responseType {
				t.Errorf("%s: the ID token of the token endpoint: %+v, %v", responseType, again, err)
			}
			// A code that is shown again takes everything with it, what came through the browser too.
			if _, err := app.config.Exchange(ctx, code, oauth2.VerifierOption(proof)); err == nil {
				t.Errorf("%s: a code was good twice", responseType)
			}
			for _, dead := range []string{shown.Answer["access_token"], token.AccessToken} {
				if dead == "" {
					continue
				}
				if _, err := discovered.UserInfo(ctx, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: dead})); err == nil {
					t.Errorf("%s: a token outlived the replay of its code", responseType)
				}
			}
		}
	}
	refused := app.authorize(b, "id_token", "x", oauth2.SetAuthURLParam("prompt", "none"), oauth2.SetAuthURLParam("max_age", "x"))
	if refused.Answer["error"] != "invalid_request" {
		t.Errorf("a refusal: %+v", refused)
	}
	if errors := b.Violations(); len(errors) > 0 {
		t.Errorf("the console says %q", errors)
	}
}

// checkFrontChannel holds an ID token against what came with it (OIDC Core sections 3.2.2.11 and 3.3.2.11).
func checkFrontChannel(t *testing.T, token *oidc.IDToken, responseType string, answer map[string]string) {
	t.Helper()
	var claims struct {
		CodeHash string `json:"c_hash"`
		Name     string `json:"name"`
	}
	if err := token.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	if token.Nonce != "nonce of "+responseType || (claims.Name != "") != (responseType == "id_token") {
		t.Errorf("%s: nonce %q, name %q", responseType, token.Nonce, claims.Name)
	}
	if access := answer["access_token"]; access != "" {
		if err := token.VerifyAccessToken(access); err != nil {
			t.Errorf("%s: at_hash: %v", responseType, err)
		}
	}
	want := ""
	if code := answer["code"]; code != "" {
		sum := sha256.Sum256([]byte(code))
		want = base64.RawURLEncoding.EncodeToString(sum[:16])
	}
	if claims.CodeHash != want {
		t.Errorf("%s: c_hash %q, want %q", responseType, claims.CodeHash, want)
	}
}

// A form that carries tokens goes to the redirect's own origin, and by POST alone.
func TestTokensArriveByFormPost(t *testing.T) {
	t.Parallel()
	arrived := make(chan url.Values, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		if r.Method == http.MethodPost {
			arrived <- r.PostForm
		}
		fmt.Fprint(w, "<!doctype html><title>Arrived</title>")
	}))
	t.Cleanup(server.Close)
	w := newWorld(t, `client posted {
		auth none
		application_type native
		redirect_uris `+server.URL+`/posted
		response_types "code id_token token"
		scopes openid
	}`)
	b := chromium.NewTab(t)
	config := oauth2.Config{ClientID: "posted", RedirectURL: server.URL + "/posted", Scopes: []string{"openid"}, Endpoint: oauth2.Endpoint{AuthURL: w.issuer + "/authorize"}}
	b.Open(config.AuthCodeURL("s", oidc.Nonce("n"), oauth2.S256ChallengeOption("v"),
		oauth2.SetAuthURLParam("response_type", "code id_token token"), oauth2.SetAuthURLParam("response_mode", "form_post")))
	b.Login("diana", "krall")
	b.Press("button[value=allow]")
	b.Title("Arrived")
	answer := <-arrived
	for _, name := range []string{"code", "id_token", "access_token", "token_type", "expires_in", "scope", "state", "iss"} {
		if answer.Get(name) == "" {
			t.Errorf("%s is missing in %v", name, answer)
		}
	}
	if at := chromium.Eval[string](b, `location.href`); at != server.URL+"/posted" {
		t.Errorf("the browser is at %s", at)
	}
}
