package harness

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Party is a client of a provider: it sends its requests as a program would and returns errors, so
// that it can be used from many goroutines at once. An empty Secret makes it a public client.
type Party struct {
	HTTP        *http.Client
	Issuer      string
	ID          string
	Secret      string
	RedirectURI string
	// Proof makes the DPoP proof of each request, nil for none.
	Proof func(method, address string) string
}

// Reply is what a provider answered. Members that the answer does not have are empty.
type Reply struct {
	Status int         `json:"-"`
	Header http.Header `json:"-"`
	Body   string      `json:"-"`

	Error        string `json:"error"`
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	RefreshToken string `json:"refresh_token"`
	IDToken      string `json:"id_token"`
	Scope        string `json:"scope"`
	Active       bool   `json:"active"`
	Subject      string `json:"sub"`
}

// Must gives an answer, and ends the test when there is none at all.
func Must(t testing.TB) func(*Reply, error) *Reply {
	return func(got *Reply, err error) *Reply {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
}

// String tells what went wrong without showing a token.
func (r *Reply) String() string {
	if r.Error == "" && r.Status == http.StatusOK {
		return "200"
	}
	return fmt.Sprintf("%d %s", r.Status, r.Body)
}

// Code is an authorization code together with what it takes to redeem it.
type Code struct{ Value, Verifier string }

// AuthorizationURL begins an authorization with PKCE. The parameters, given as pairs, are added.
func (p *Party) AuthorizationURL(parameters ...string) (address, verifier string) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	verifier = base64.RawURLEncoding.EncodeToString(raw)
	challenge := sha256.Sum256([]byte(verifier))
	query := url.Values{
		"response_type": {"code"}, "client_id": {p.ID}, "redirect_uri": {p.RedirectURI}, "state": {"s"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
	}
	for i := 0; i+1 < len(parameters); i += 2 {
		query.Set(parameters[i], parameters[i+1])
	}
	return p.Issuer + "/authorize?" + query.Encode(), verifier
}

// Silent gets a code for whoever is signed in to browser, without a page (prompt=none).
func (p *Party) Silent(browser *http.Client, parameters ...string) (Code, error) {
	address, verifier := p.AuthorizationURL(append([]string{"prompt", "none"}, parameters...)...)
	answer, err := browser.Get(address)
	if err != nil {
		return Code{}, err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return Code{}, err
	}
	location, err := answer.Location()
	if err != nil {
		return Code{}, fmt.Errorf("%s: %w", answer.Status, err)
	}
	code := location.Query().Get("code")
	if code == "" {
		return Code{}, fmt.Errorf("%s without a code: %s", answer.Status, location.Query().Get("error"))
	}
	return Code{code, verifier}, nil
}

// Redeem exchanges a code for tokens.
func (p *Party) Redeem(code Code, parameters ...string) (*Reply, error) {
	return p.Send("/token", append([]string{
		"grant_type", "authorization_code", "code", code.Value, "redirect_uri", p.RedirectURI, "code_verifier", code.Verifier,
	}, parameters...)...)
}

// Refresh exchanges a refresh token for tokens.
func (p *Party) Refresh(token string, parameters ...string) (*Reply, error) {
	return p.Send("/token", append([]string{"grant_type", "refresh_token", "refresh_token", token}, parameters...)...)
}

// ForItself gets a token by client_credentials.
func (p *Party) ForItself(parameters ...string) (*Reply, error) {
	return p.Send("/token", append([]string{"grant_type", "client_credentials"}, parameters...)...)
}

// Introspect asks about a token.
func (p *Party) Introspect(token string) (*Reply, error) {
	return p.Send("/introspect", "token", token)
}

// Revoke ends a token.
func (p *Party) Revoke(token string) (*Reply, error) { return p.Send("/revoke", "token", token) }

// Send posts a form, given as pairs, to a path below the issuer. The client authenticates by Basic, or
// only names itself if it has no secret. Any answer that was read is no error.
func (p *Party) Send(path string, parameters ...string) (*Reply, error) {
	form := url.Values{}
	for i := 0; i+1 < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	if p.Secret == "" {
		form.Set("client_id", p.ID)
	}
	request, err := http.NewRequest(http.MethodPost, p.Issuer+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if p.Secret != "" {
		request.SetBasicAuth(url.QueryEscape(p.ID), url.QueryEscape(p.Secret))
	}
	if p.Proof != nil {
		request.Header.Set("DPoP", p.Proof(http.MethodPost, p.Issuer+path))
	}
	return Read(p.HTTP.Do(request))
}

// Guarded fetches a URL with a bearer token, or without one if it is empty.
func Guarded(client *http.Client, address, token string) (*Reply, error) {
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return Read(client.Do(request))
}

// Read reads a whole answer, and its members if it is JSON.
func Read(answer *http.Response, err error) (*Reply, error) {
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	r := &Reply{Status: answer.StatusCode, Header: answer.Header, Body: string(body)}
	if strings.HasPrefix(answer.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(body, r); err != nil {
			return nil, fmt.Errorf("%s: %w", answer.Status, err)
		}
	}
	return r, nil
}
