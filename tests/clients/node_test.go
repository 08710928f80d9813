package clients

import (
	"maps"
	"strings"
	"testing"
)

// settings say what a script of node is to do; a client without client_id registers itself.
type settings struct {
	Issuer     string            `json:"issuer"`
	Client     map[string]any    `json:"client"`
	Redirect   string            `json:"redirect"`
	Parameters map[string]string `json:"parameters"`
	// Signing and KeyID are the key for assertions and request objects, Encryption what content keys
	// are encrypted by; empty for none.
	Signing       string `json:"signing,omitempty"`
	KeyID         string `json:"kid,omitempty"`
	Encryption    string `json:"encryption,omitempty"`
	RequestObject bool   `json:"requestObject,omitempty"`
	// DPoP is the algorithm of the key that the tokens are bound to (RFC 9449), empty for none.
	DPoP string `json:"dpop,omitempty"`
	// Audience is an API that the access token is checked for as that API would (RFC 9068 section 4).
	Audience string `json:"audience,omitempty"`
}

// learnt is what a script knows in the end.
type learnt struct {
	Registered   map[string]any `json:"registered"`
	Mode         string         `json:"mode"`
	Claims       map[string]any `json:"claims"`
	IDToken      string         `json:"idToken"`
	UserInfo     map[string]any `json:"userinfo"`
	Refreshed    map[string]any `json:"refreshed"`
	Introspected map[string]any `json:"introspected"`
	Revoked      map[string]any `json:"revoked"`
	AccessToken  map[string]any `json:"accessToken"`
	TokenType    string         `json:"tokenType"`
	Thumbprint   string         `json:"thumbprint"`
}

const (
	webRedirect = "https://shop.example/callback"
	offline     = "openid profile email offline_access"
)

// journey is one way to sign in, told apart from the usual one: a client that registers itself, with a
// secret and the code flow.
type journey struct {
	name       string
	client     map[string]any
	parameters map[string]string
	with       func(*settings)
	mode       string
	// judge looks at what is special.
	judge func(t *testing.T, got learnt)
}

func (j journey) settings(w *world) settings {
	s := settings{
		Issuer: w.issuer, Redirect: webRedirect,
		Client: map[string]any{
			"redirect_uris": []string{webRedirect}, "client_name": "Shop", "scope": offline,
			"grant_types": []string{"authorization_code", "refresh_token"}, "token_endpoint_auth_method": "client_secret_basic",
		},
		Parameters: map[string]string{"scope": offline, "response_type": "code", "prompt": "consent"},
	}
	maps.Copy(s.Client, j.client)
	maps.Copy(s.Parameters, j.parameters)
	if j.with != nil {
		j.with(&s)
	}
	return s
}

// run has the script do it and judges what every journey has in common.
func (j journey) run(t *testing.T, w *world, dir, script string) learnt {
	t.Helper()
	asked := j.settings(w)
	var got learnt
	w.script(t, dir, script, asked, &got)
	if got.Claims["iss"] != w.issuer || got.Claims["sub"] == "" || got.Claims["sub"] == nil {
		t.Errorf("the ID token says %v", got.Claims)
	}
	if strings.Contains(asked.Parameters["response_type"], "code") {
		j.judgeTokens(t, asked, got)
	}
	if j.mode != "" && got.Mode != j.mode {
		t.Errorf("the answer came by %s", got.Mode)
	}
	if j.judge != nil {
		j.judge(t, got)
	}
	return got
}

func (j journey) judgeTokens(t *testing.T, asked settings, got learnt) {
	t.Helper()
	if got.UserInfo["name"] != "Diana Krall" || got.UserInfo["email"] != "diana@example.org" || got.UserInfo["sub"] != got.Claims["sub"] {
		t.Errorf("userinfo says %v", got.UserInfo)
	}
	if got.Refreshed["sub"] != got.Claims["sub"] || got.Refreshed["rotated"] != true {
		t.Errorf("after the refresh the ID token says %v", got.Refreshed)
	}
	if got.Introspected != nil && got.Introspected["active"] != true {
		t.Errorf("before its end introspection says %v of the access token", got.Introspected)
	}
	if asked.Client["token_endpoint_auth_method"] != "none" && got.Revoked["active"] != false {
		t.Errorf("after its end introspection says %v of the access token", got.Revoked)
	}
}

// configured makes a journey that of the public client of the Caddyfile, which did not register.
func configured(s *settings) {
	s.Client = map[string]any{"client_id": "public", "token_endpoint_auth_method": "none"}
	s.Redirect = "https://spa.example/callback"
}

// signedBy gives the client a key for assertions or request objects.
func signedBy(alg, kid string) func(*settings) {
	return func(s *settings) { s.Signing, s.KeyID = alg, kid }
}

// objects gives the client a key and has it send its parameters in a request object.
func objects(alg string) func(*settings) {
	return func(s *settings) { s.Signing, s.KeyID, s.RequestObject = alg, "ours", true }
}

// provingKey gives the client a key that its tokens are bound to.
func provingKey(alg string) func(*settings) {
	return func(s *settings) { s.DPoP = alg }
}

// boundToKey wants the tokens to be bound to that key.
func boundToKey(t *testing.T, got learnt) {
	t.Helper()
	cnf, _ := got.Introspected["cnf"].(map[string]any)
	if got.TokenType != "dpop" || got.Introspected != nil && (cnf["jkt"] != got.Thumbprint || got.Introspected["token_type"] != "DPoP") {
		t.Errorf("a %s token, bound to %v and not to %s", got.TokenType, cnf, got.Thumbprint)
	}
}

// registered wants the provider to have taken a piece of metadata as it was sent.
func registered(name string, want any) func(*testing.T, learnt) {
	return func(t *testing.T, got learnt) {
		t.Helper()
		if got.Registered[name] != want {
			t.Errorf("%s is registered as %v", name, got.Registered[name])
		}
	}
}
