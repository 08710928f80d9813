package flow

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// keyed is a client that registered itself with a key, which lies with its request objects on a server of its
// own on loopback.
type keyed struct {
	h       *house
	id      string
	key     *ecdsa.PrivateKey
	server  *httptest.Server
	object  atomic.Value // what lies at /request.jwt
	fetched atomic.Int64 // how often that was read
}

func newKeyed(t *testing.T) *keyed {
	t.Helper()
	k := &keyed{}
	var err error
	if k.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	jwks, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: k.key.Public()}}})
	if err != nil {
		t.Fatal(err)
	}
	k.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/jwks":
			_, _ = w.Write(jwks)
		case "/request.jwt":
			k.fetched.Add(1)
			_, _ = w.Write([]byte(k.object.Load().(string)))
		}
	}))
	t.Cleanup(k.server.Close)
	k.h = build(t, plan{bare: true, provider: "registration open\n" + harness.Outbound(t, k.server)})
	k.register(t)
	return k
}

func (k *keyed) register(t *testing.T) {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"redirect_uris": []string{callback}, "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES256",
		"jwks_uri": k.server.URL + "/jwks", "request_object_signing_alg": "ES256", "request_uris": []string{k.server.URL + "/request.jwt"},
	})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodPost, k.h.issuer+"/register", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer := harness.Do(t, k.h.back, request)
	var made struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	if err := json.Unmarshal([]byte(answer.Text), &made); err != nil || answer.StatusCode != http.StatusCreated || made.ID == "" || made.Secret != "" {
		t.Fatalf("registration: %s %s", answer.Status, answer.Text)
	}
	k.id = made.ID
}

func (k *keyed) sign(t *testing.T, claims map[string]any) string {
	t.Helper()
	return harness.Sign(t, jose.ES256, k.key, "", claims)
}

func (k *keyed) assertion(t *testing.T) string {
	t.Helper()
	now := time.Now()
	return k.sign(t, map[string]any{
		"iss": k.id, "sub": k.id, "aud": k.h.issuer, "jti": rand.Text(), "iat": now.Unix(), "exp": now.Add(4 * time.Minute).Unix(),
	})
}

// post asks an endpoint as the client, by an assertion.
func (k *keyed) post(t *testing.T, path, assertion string, more ...string) harness.Answer {
	t.Helper()
	form := url.Values{"client_assertion_type": {assertionType}, "client_assertion": {assertion}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return harness.Post(t, k.h.back, k.h.issuer+path, form)
}

// wish is a request object.
func (k *keyed) wish(t *testing.T, state string) string {
	t.Helper()
	return k.sign(t, map[string]any{
		"iss": k.id, "aud": k.h.issuer, "client_id": k.id, "response_type": "code", "redirect_uri": callback, "scope": "openid email", "state": state,
		"max_age": 3600, "exp": time.Now().Add(time.Minute).Unix(),
	})
}

// ask sends a person through a request of which only client_id, response_type and the object are to be seen.
func (k *keyed) ask(t *testing.T, name, value string) url.Values {
	t.Helper()
	q := url.Values{"client_id": {k.id}, "response_type": {"code"}, "scope": {"openid"}, name: {value}}
	return heard(t, harness.SignIn(t, k.h.web, k.h.issuer+"/authorize?"+q.Encode(), user, password))
}

// A client without any secret: its key lies at its jwks_uri, its wishes are signed, sent or fetched.
func TestMust013_AClientThatSignsAllItSays(t *testing.T) {
	k := newKeyed(t)
	byValue := k.ask(t, "request", k.wish(t, "by value"))
	k.object.Store(k.wish(t, "by reference"))
	byURI := k.ask(t, "request_uri", k.server.URL+"/request.jwt")
	if byValue.Get("state") != "by value" || byURI.Get("state") != "by reference" || k.fetched.Load() != 1 {
		t.Fatalf("heard %v and %v, fetched %d times", byValue, byURI, k.fetched.Load())
	}
	for _, heard := range []url.Values{byValue, byURI} {
		answer := k.post(t, "/token", k.assertion(t), "grant_type", "authorization_code", "code", heard.Get("code"), "redirect_uri", callback)
		var tokens struct {
			Access string `json:"access_token"`
			ID     string `json:"id_token"`
			Scope  string `json:"scope"`
		}
		if err := json.Unmarshal([]byte(answer.Text), &tokens); err != nil || tokens.ID == "" || tokens.Scope != "openid email" {
			t.Fatalf("%s %s", answer.Status, answer.Text)
		}
		// The same assertions are good at the other endpoints.
		if told := k.post(t, "/introspect", k.assertion(t), "token", tokens.Access); !strings.Contains(told.Text, `"active":true`) {
			t.Errorf("introspection: %s %s", told.Status, told.Text)
		}
		if gone := k.post(t, "/revoke", k.assertion(t), "token", tokens.Access); gone.StatusCode != http.StatusOK {
			t.Errorf("revocation: %s %s", gone.Status, gone.Text)
		}
	}
	if got := k.ask(t, "request_uri", k.server.URL+"/request.jwt"); got.Get("code") == "" || k.fetched.Load() != 2 {
		t.Errorf("heard %v, fetched %d times", got, k.fetched.Load())
	}
}

// TestMust037_AReplayAfterARestart: neither a reload nor another process on the same data forgets an assertion.
func TestMust037_AReplayAfterARestart(t *testing.T) {
	k := newKeyed(t)
	assertion := k.assertion(t)
	used := func(when string) {
		t.Helper()
		if got := k.post(t, "/introspect", assertion, "token", "x"); got.StatusCode != http.StatusUnauthorized || !strings.Contains(got.Text, "invalid_client") {
			t.Errorf("%s: %s %s", when, got.Status, got.Text)
		}
		if got := k.post(t, "/introspect", k.assertion(t), "token", "x"); got.StatusCode != http.StatusOK {
			t.Errorf("%s: a fresh one: %s %s", when, got.Status, got.Text)
		}
	}
	if got := k.post(t, "/introspect", assertion, "token", "x"); got.StatusCode != http.StatusOK {
		t.Fatalf("%s %s", got.Status, got.Text)
	}
	used("at once")
	changed := k.h.plan
	changed.provider += "\nlifetime {\ncode 30s\n}"
	k.h.reload(t, changed)
	used("after a reload")
	options, sites := k.h.config(changed)
	k.h.Kill(t)
	k.h.Caddy = harness.StartIn(t, k.h.Dir, options, sites, k.h.env()...)
	harness.Reach(t, k.h.back, k.h.issuer+"/jwks")
	used("after a kill")
}

// TestThreat041_WithoutTheWordNothingOnLoopbackIsRead: the same client, at a provider that allows nothing.
func TestThreat041_WithoutTheWordNothingOnLoopbackIsRead(t *testing.T) {
	k := newKeyed(t)
	k.h.reload(t, plan{bare: true, provider: "registration open"})
	k.object.Store(k.wish(t, "x"))
	// A connection that the old configuration took may still be answered by it, which has the keys already.
	refused := 0
	for deadline := time.Now().Add(30 * time.Second); refused < 3; {
		k.h.back.CloseIdleConnections()
		got := k.post(t, "/introspect", k.assertion(t), "token", "x")
		if refused++; got.StatusCode != http.StatusUnauthorized {
			refused = 0
		}
		if time.Now().After(deadline) {
			t.Fatalf("keys on loopback: %s %s", got.Status, got.Text)
		}
	}
	k.h.web.CloseIdleConnections()
	q := url.Values{"client_id": {k.id}, "response_type": {"code"}, "request_uri": {k.server.URL + "/request.jwt"}, "redirect_uri": {callback}}
	if got := heard(t, harness.Get(t, k.h.web, k.h.issuer+"/authorize?"+q.Encode())); got.Get("error") != "invalid_request_uri" || k.fetched.Load() != 0 {
		t.Errorf("heard %v, fetched %d times", got, k.fetched.Load())
	}
}
