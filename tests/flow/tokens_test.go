package flow

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// tokens is an answer of the token endpoint, good or bad.
type tokens struct {
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token"`
	ID        string `json:"id_token"`
	Type      string `json:"token_type"`
	Scope     string `json:"scope"`
	ExpiresIn int64  `json:"expires_in"`
	Error     string `json:"error"`
	Problem   string `json:"error_description"`

	Status int    `json:"-"`
	Text   string `json:"-"`
}

func pairs(values url.Values, more []string) url.Values {
	for i := 0; i+1 < len(more); i += 2 {
		if more[i+1] == "" {
			values.Del(more[i])
			continue
		}
		values.Add(more[i], more[i+1])
	}
	return values
}

// redirectOf is where a client of the standard house is answered.
func redirectOf(client string) string {
	switch client {
	case "cli":
		return "http://127.0.0.1:49152/callback"
	case "other":
		return "https://other.example/callback"
	}
	return callback
}

// authorization is the address of an authorization request with PKCE; pairs add parameters, an empty
// value takes one away.
func (h *house) authorization(client string, more ...string) (address, verifier string) {
	verifier = oauth2.GenerateVerifier()
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"client_id": {client}, "redirect_uri": {redirectOf(client)}, "response_type": {"code"},
		"state": {"state-" + verifier[:8]}, "nonce": {"nonce-" + verifier[8:16]},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	return h.issuer + "/authorize?" + pairs(q, more).Encode(), verifier
}

// ask sends a person of the browser through an authorization request and returns what the client hears.
func (h *house) ask(t testing.TB, browser *http.Client, client string, more ...string) (answer url.Values, verifier string) {
	t.Helper()
	address, verifier := h.authorization(client, more...)
	return heard(t, harness.SignIn(t, browser, address, user, password)), verifier
}

// heard reads an authorization response out of a redirect.
func heard(t testing.TB, answer harness.Answer) url.Values {
	t.Helper()
	location, err := answer.Location()
	if err != nil {
		t.Fatalf("no redirect: %s\n%s", answer.Status, answer.Text)
	}
	return location.Query()
}

// code is a fresh authorization code, for diana.
func (h *house) code(t testing.TB, client string, more ...string) (code, verifier string) {
	t.Helper()
	answer, verifier := h.ask(t, h.web, client, more...)
	if answer.Get("code") == "" || answer.Get("iss") != h.issuer {
		t.Fatalf("no code: %v", answer)
	}
	return answer.Get("code"), verifier
}

// form is what a client posts, with its authentication.
func (h *house) form(client string, more ...string) (form url.Values, header []string) {
	form = pairs(url.Values{}, more)
	if secret, ok := h.secrets[client]; ok {
		return form, []string{"Authorization", basic(client, secret)}
	}
	form.Set("client_id", client)
	return form, nil
}

// post sends a form to one of the provider's endpoints.
func (h *house) post(t testing.TB, client, path string, more ...string) harness.Answer {
	t.Helper()
	form, header := h.form(client, more...)
	return harness.Post(t, h.back, h.issuer+path, form, header...)
}

// token asks the token endpoint.
func (h *house) token(t testing.TB, client string, more ...string) tokens {
	t.Helper()
	return read(t, h.post(t, client, "/token", more...))
}

func read(t testing.TB, answer harness.Answer) tokens {
	t.Helper()
	got := tokens{Status: answer.StatusCode, Text: answer.Text}
	if err := json.Unmarshal([]byte(answer.Text), &got); err != nil {
		t.Fatalf("%s: %v\n%s", answer.Status, err, answer.Text)
	}
	if answer.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("a token answer may be kept: %v", answer.Header)
	}
	return got
}

// redeem exchanges a code, which must work.
func (h *house) redeem(t testing.TB, client, code, verifier string, more ...string) tokens {
	t.Helper()
	got := h.token(t, client, append([]string{
		"grant_type", "authorization_code", "code", code, "redirect_uri", redirectOf(client), "code_verifier", verifier,
	}, more...)...)
	if got.Status != http.StatusOK || got.Access == "" || got.Type != "Bearer" || got.ExpiresIn <= 0 {
		t.Fatalf("redeeming a code: %d %s", got.Status, got.Text)
	}
	return got
}

// issue takes a person through everything and returns the tokens.
func (h *house) issue(t testing.TB, client string, more ...string) tokens {
	t.Helper()
	code, verifier := h.code(t, client, more...)
	return h.redeem(t, client, code, verifier)
}

// refresh uses a refresh token.
func (h *house) refresh(t testing.TB, client, refresh string, more ...string) tokens {
	t.Helper()
	return h.token(t, client, append([]string{"grant_type", "refresh_token", "refresh_token", refresh}, more...)...)
}

// service gets a token for a client itself, which must work.
func (h *house) service(t testing.TB, client string, more ...string) tokens {
	t.Helper()
	got := h.token(t, client, append([]string{"grant_type", "client_credentials"}, more...)...)
	if got.Status != http.StatusOK || got.Access == "" || got.Refresh != "" || got.ID != "" {
		t.Fatalf("client_credentials: %d %s", got.Status, got.Text)
	}
	return got
}

const inactive = `{"active":false}`

// introspect asks as a client about a token.
func (h *house) introspect(t testing.TB, client, token string) (map[string]any, string) {
	t.Helper()
	answer := h.post(t, client, "/introspect", "token", token)
	told := map[string]any{}
	if err := json.Unmarshal([]byte(answer.Text), &told); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("introspection: %s %s", answer.Status, answer.Text)
	}
	return told, answer.Text
}

// dead wants a token to be nothing to anybody any more.
func (h *house) dead(t testing.TB, client, token string) {
	t.Helper()
	if _, text := h.introspect(t, client, token); text != inactive {
		t.Errorf("introspection of a dead token: %s", text)
	}
	if got := harness.Get(t, h.back, h.issuer+"/userinfo", "Authorization", "Bearer "+token); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("userinfo with a dead token: %s", got.Status)
	}
}

// claims reads the payload of a JWT without judging it.
func claims(t testing.TB, jws string) map[string]any {
	t.Helper()
	segments := strings.Split(jws, ".")
	if len(segments) != 3 {
		t.Fatalf("not a JWS: %q", jws)
	}
	payload, err := base64.RawURLEncoding.DecodeString(segments[1])
	read := map[string]any{}
	if err == nil {
		err = json.Unmarshal(payload, &read)
	}
	if err != nil {
		t.Fatal(err)
	}
	return read
}
