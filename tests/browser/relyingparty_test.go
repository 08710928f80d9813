package browser

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

// relyingParty is a small application of its own origin: /start sends the browser to sign in with
// whatever parameters /start was given beside its own, and /callback takes the answer, by GET or POST,
// gets tokens for it, asks userinfo and the guarded API, and shows what came of it.
type relyingParty struct {
	*httptest.Server
	issuer, id, secret string
	// redirect is its redirect URI, and signedIn is told of a person who has signed in, if it is not nil.
	redirect string
	signedIn func(w http.ResponseWriter, token *oidc.IDToken) error

	mu      sync.Mutex
	client  *http.Client
	pending map[string]attempt
	// arrived are the parameters of every answer, in their order, and idToken is the last ID token.
	arrived []url.Values
	idToken string
}

// attempt is one sign-in that was begun.
type attempt struct{ nonce, verifier string }

// outcome is what the application shows of a sign-in.
type outcome struct {
	Error       string         `json:"error,omitempty"`
	Description string         `json:"description,omitempty"`
	Method      string         `json:"method"`
	Claims      map[string]any `json:"claims,omitempty"`
	UserInfo    map[string]any `json:"userinfo,omitempty"`
	API         string         `json:"api,omitempty"`
}

func newRelyingParty(t *testing.T, issuer, id, secret string) *relyingParty {
	t.Helper()
	p := &relyingParty{issuer: issuer, id: id, secret: secret, pending: map[string]attempt{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /start", p.start)
	mux.HandleFunc("GET /post", p.post)
	mux.HandleFunc("/callback", p.callback)
	mux.HandleFunc("GET /logout", p.logout)
	mux.HandleFunc("GET /bye", p.bye)
	mux.HandleFunc("GET /attack", attack)
	mux.HandleFunc("GET /watch", watch(issuer))
	mux.HandleFunc("GET /poll", poll)
	if secret == "" {
		p.Server = httptest.NewServer(mux)
	} else {
		p.Server = httptest.NewTLSServer(mux)
		p.Server.Config.ErrorLog = nil
	}
	t.Cleanup(p.Close)
	p.redirect = p.URL + "/callback"
	return p
}

// trust is told the root of the Caddy that the application talks to.
func (p *relyingParty) trust(roots *x509.CertPool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.client = &http.Client{Timeout: chromium.Within, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
}

func (p *relyingParty) context(r *http.Request) context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	return oidc.ClientContext(r.Context(), p.client)
}

func (p *relyingParty) config() oauth2.Config {
	return oauth2.Config{
		ClientID: p.id, ClientSecret: p.secret, RedirectURL: p.redirect,
		Scopes:   []string{"openid", "profile", "email", "api:read"},
		Endpoint: oauth2.Endpoint{AuthURL: p.issuer + "/authorize", TokenURL: p.issuer + "/token"},
	}
}

// near is an address of the application on the host of the provider: another origin of the same site.
func (p *relyingParty) near() string { return strings.Replace(p.URL, "127.0.0.1", "localhost", 1) }

// begin is a request for the provider, with more in place of the application's own parameters.
func (p *relyingParty) begin(more url.Values) *url.URL {
	state := more.Get("state")
	if state == "" {
		state = rand.Text()
	}
	try := attempt{nonce: rand.Text(), verifier: oauth2.GenerateVerifier()}
	p.mu.Lock()
	p.pending[state] = try
	p.mu.Unlock()
	config := p.config()
	u, err := url.Parse(config.AuthCodeURL(state, oidc.Nonce(try.nonce), oauth2.S256ChallengeOption(try.verifier)))
	if err != nil {
		panic(err)
	}
	query := u.Query()
	maps.Copy(query, more)
	u.RawQuery = query.Encode()
	return u
}

func (p *relyingParty) start(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, p.begin(r.URL.Query()).String(), http.StatusSeeOther)
}

var partyPage = template.Must(template.New("page").Parse(`<!doctype html><html lang="en"><title>{{.Title}}</title>
{{with .Form}}<form method="post" action="{{.Action}}">{{range $name, $values := .Fields}}{{range $values}}
<input type="hidden" name="{{$name}}" value="{{.}}">{{end}}{{end}}<button>Go</button></form>{{end}}
{{with .Result}}<pre id="result">{{.}}</pre>{{end}}`))

// post is start with a form in place of the redirect.
func (p *relyingParty) post(w http.ResponseWriter, r *http.Request) {
	u := p.begin(r.URL.Query())
	form := map[string]any{"Fields": u.Query()}
	u.RawQuery = ""
	form["Action"] = u.String()
	_ = partyPage.Execute(w, map[string]any{"Title": "Post", "Form": form})
}

func (p *relyingParty) callback(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	p.arrived = append(p.arrived, r.Form)
	try, known := p.pending[r.Form.Get("state")]
	delete(p.pending, r.Form.Get("state"))
	p.mu.Unlock()
	shown := outcome{Method: r.Method, Error: r.Form.Get("error"), Description: r.Form.Get("error_description")}
	switch {
	case !known:
		shown.Error = "the state is not ours"
	case r.Form.Get("iss") != p.issuer:
		shown.Error = "the issuer is " + r.Form.Get("iss")
	case shown.Error == "":
		if err := p.redeem(p.context(r), w, &shown, r.Form.Get("code"), try); err != nil {
			shown.Error = err.Error()
		}
	}
	text, err := json.Marshal(shown)
	if err != nil {
		panic(err)
	}
	_ = partyPage.Execute(w, map[string]any{"Title": "Back at " + p.id, "Result": string(text)})
}

// redeem is what the application's own server does with a code.
func (p *relyingParty) redeem(ctx context.Context, w http.ResponseWriter, shown *outcome, code string, try attempt) error {
	discovered, err := oidc.NewProvider(ctx, p.issuer)
	if err != nil {
		return err
	}
	config := p.config()
	token, err := config.Exchange(ctx, code, oauth2.VerifierOption(try.verifier))
	if err != nil {
		return err
	}
	raw, _ := token.Extra("id_token").(string)
	verified, err := discovered.VerifierContext(ctx, &oidc.Config{ClientID: p.id}).Verify(ctx, raw)
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.idToken = raw
	p.mu.Unlock()
	if verified.Nonce != try.nonce {
		return errors.New("the nonce differs")
	}
	if p.signedIn != nil {
		if err := p.signedIn(w, verified); err != nil {
			return err
		}
	}
	info, err := discovered.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return err
	}
	if err := errors.Join(verified.Claims(&shown.Claims), info.Claims(&shown.UserInfo)); err != nil {
		return err
	}
	answer, err := config.Client(ctx, token).Get(p.issuer + "/api/orders")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	shown.API = fmt.Sprintf("%d %s", answer.StatusCode, body)
	return err
}

// outcome waits until the browser is back at the application, and reads what it shows.
func (p *relyingParty) outcome(b *chromium.Tab) outcome {
	b.T.Helper()
	b.Title("Back at " + p.id)
	var shown outcome
	if err := json.Unmarshal([]byte(chromium.Eval[string](b, `document.getElementById("result").textContent`)), &shown); err != nil {
		b.T.Fatal(err)
	}
	return shown
}

// arrivals are the answers so far.
func (p *relyingParty) arrivals() []url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]url.Values(nil), p.arrived...)
}
