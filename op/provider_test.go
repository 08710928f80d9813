package op_test

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

const api = "https://api.example.com"

// plainHasher compares passwords as they are: these tests are not about hashing.
type plainHasher struct{}

func (plainHasher) Compare(hash, password []byte) (bool, error) {
	return subtle.ConstantTimeCompare(hash, password) == 1, nil
}

func (plainHasher) FakeHash() []byte { return []byte("nobody") }

func config() op.Config {
	return op.Config{
		Issuer:    "https://id.example.com",
		Hasher:    plainHasher{},
		Resources: []op.Resource{{URI: api, Scopes: oauth.Scopes{"orders:read"}}},
		Clients: []*op.Client{{
			ID: "billing", Configured: true, AuthMethods: []string{oauth.AuthClientSecretBasic},
			Secrets: []client.Secret{client.PlainSecret("billing-secret")}, GrantTypes: []string{oauth.GrantClientCredentials},
			Scopes: oauth.Scopes{"orders:read"}, Introspect: []string{api},
		}},
	}
}

func open(t *testing.T, at op.Location) *op.State {
	t.Helper()
	st, err := op.Open(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}

func start(t *testing.T, cfg op.Config, st *op.State) *op.Provider {
	t.Helper()
	provider, err := op.New(cfg, st, op.Observer{})
	if err != nil {
		t.Fatal(err)
	}
	if err := provider.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return provider
}

func ask(t *testing.T, p *op.Provider, method, target string, form url.Values) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth("billing", "billing-secret")
	}
	endpoint, ok := p.Handler(r)
	if !ok {
		t.Fatalf("nobody answers %s %s", method, target)
	}
	w := httptest.NewRecorder()
	endpoint.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Result(), string(body)
}

func mint(t *testing.T, p *op.Provider) string {
	t.Helper()
	response, body := ask(t, p, http.MethodPost, p.Issuer()+"/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"orders:read"}})
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.AccessToken == "" {
		t.Fatalf("%s: %s", response.Status, body)
	}
	return answer.AccessToken
}

func TestAProviderIssuesAndKnowsItsTokens(t *testing.T) {
	provider := start(t, config(), open(t, op.Location{Driver: op.DriverMemory}))
	token, err := provider.Introspect(t.Context(), mint(t, provider))
	if err != nil {
		t.Fatal(err)
	}
	if token.ClientID != "billing" || token.SignedIn || !token.Scopes.Has("orders:read") || token.Audience[0] != api {
		t.Errorf("%+v", token)
	}
	if _, err := provider.Introspect(t.Context(), "nonsense"); !errors.Is(err, op.ErrInactive) {
		t.Errorf("nonsense: %v", err)
	}
}

func TestRevocationBitesOnTheNextRequest(t *testing.T) {
	provider := start(t, config(), open(t, op.Location{Driver: op.DriverMemory}))
	token := mint(t, provider)
	if _, err := provider.Introspect(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if response, body := ask(t, provider, http.MethodPost, provider.Issuer()+"/revoke", url.Values{"token": {token}}); response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", response.Status, body)
	}
	if _, err := provider.Introspect(t.Context(), token); !errors.Is(err, op.ErrInactive) {
		t.Errorf("after revocation: %v", err)
	}
}

func TestStateOutlivesConfigurations(t *testing.T) {
	st := open(t, op.Location{Path: filepath.Join(t.TempDir(), "id.db")})
	token := mint(t, start(t, config(), st))
	next := config()
	if _, err := start(t, next, st).Introspect(t.Context(), token); err != nil {
		t.Errorf("the same client under a new configuration: %v", err)
	}
	next.Clients = nil
	if _, err := start(t, next, st).Introspect(t.Context(), token); !errors.Is(err, op.ErrInactive) {
		t.Errorf("a token of a client that is gone: %v", err)
	}
}

func TestStateIsFoundAgain(t *testing.T) {
	at := op.Location{Path: filepath.Join(t.TempDir(), "id.db"), EncryptionKey: []byte(strings.Repeat("k", 32))}
	st := open(t, at)
	token := mint(t, start(t, config(), st))
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := start(t, config(), open(t, at)).Introspect(t.Context(), token); err != nil {
		t.Errorf("after a restart: %v", err)
	}
}

func TestAnotherEncryptionKeyOpensNothing(t *testing.T) {
	at := op.Location{Path: filepath.Join(t.TempDir(), "id.db"), EncryptionKey: []byte(strings.Repeat("k", 32))}
	st := open(t, at)
	start(t, config(), st)
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string][]byte{"another": []byte(strings.Repeat("x", 32)), "none": nil} {
		at.EncryptionKey = key
		if other, err := op.Open(t.Context(), at); err == nil {
			_ = other.Close()
			t.Errorf("%s key opens the store", name)
		}
	}
}

func TestAClosedStateIsUnavailable(t *testing.T) {
	st := open(t, op.Location{Driver: op.DriverMemory})
	provider := start(t, config(), st)
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if h := provider.Health(t.Context()); h.Store || h.Ready() {
		t.Errorf("a closed store: %+v", h)
	}
	response, body := ask(t, provider, http.MethodPost, provider.Issuer()+"/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"orders:read"}})
	if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
		t.Errorf("%s: %s", response.Status, body)
	}
}

func TestUnknownStorageIsAnError(t *testing.T) {
	if _, err := op.Open(t.Context(), op.Location{Driver: "paper"}); err == nil {
		t.Error("storage on paper opens")
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	provider := start(t, config(), open(t, op.Location{Driver: op.DriverMemory}))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { provider.Run(ctx); close(ended) }()
	cancel()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("Run goes on after its context")
	}
}

func TestThreat073_OnlyExactPathsOnTheIssuersHost(t *testing.T) {
	cfg := config()
	cfg.Issuer = "https://id.example.com/auth"
	provider := start(t, cfg, open(t, op.Location{Driver: op.DriverMemory}))
	for target, ours := range map[string]bool{
		"https://id.example.com/auth/token":                                  true,
		"https://ID.Example.com.:443/auth/token":                             true,
		"https://id.example.com/auth/assets/style.css":                       true,
		"https://id.example.com/auth/.well-known/openid-configuration":       true,
		"https://id.example.com/.well-known/openid-configuration/auth":       true,
		"https://id.example.com/.well-known/oauth-authorization-server/auth": true,
		"https://id.example.com/token":                                       false,
		"https://id.example.com/auth/token/":                                 false,
		"https://id.example.com/auth/%74oken":                                false,
		"https://id.example.com/auth//token":                                 false,
		"https://id.example.com/auth":                                        false,
		"https://id.example.com/.well-known/openid-configuration":            false,
		"https://id.example.com:8443/auth/token":                             false,
		"https://evil.example/auth/token":                                    false,
	} {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		// What a proxy claims about the host changes nothing.
		r.Header.Set("X-Forwarded-Host", "id.example.com")
		if _, ok := provider.Handler(r); ok != ours {
			t.Errorf("%s: ours is %v", target, ok)
		}
	}
}

func TestCookieNamesAreOfTheProvider(t *testing.T) {
	names := op.CookieNames("main")
	if len(names) != 4 {
		t.Fatal(names)
	}
	for _, name := range names {
		if !strings.HasPrefix(name, "__Host-") || !strings.Contains(name, "-main-") {
			t.Errorf("%q", name)
		}
	}
}
