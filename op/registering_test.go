package op_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

const registerPath = "https://id.example.com/register"

// registering is a configuration with a resource that is open to all, where clients register by a token.
func registering() op.Config {
	cfg := config()
	cfg.Resources = append(cfg.Resources, op.Resource{URI: "https://mcp.example.com", Scopes: oauth.Scopes{"tools:call"}, AnyClient: true})
	cfg.Registration = op.Registration{Mode: op.RegistrationToken, InitialAccessToken: client.PlainSecret("initial")}
	return cfg
}

// send asks with a bearer token and a JSON body; status 0 says that nobody answers.
func send(t *testing.T, p *op.Provider, method, target, token, body string) (int, map[string]any) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	endpoint, ours := p.Handler(r)
	if !ours {
		return 0, nil
	}
	w := httptest.NewRecorder()
	endpoint.ServeHTTP(w, r)
	var answer map[string]any
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
	}
	return w.Code, answer
}

// TestMust048_RegistrationIsOffByDefault: neither the endpoint nor its name in the metadata.
func TestMust048_RegistrationIsOffByDefault(t *testing.T) {
	for mode, want := range map[string]string{"": "", op.RegistrationOff: "", op.RegistrationToken: registerPath, op.RegistrationOpen: registerPath} {
		cfg := config()
		cfg.Registration.Mode = mode
		if mode == op.RegistrationToken {
			cfg.Registration.InitialAccessToken = client.PlainSecret("initial")
		}
		provider := start(t, cfg, open(t, op.Location{Driver: op.DriverMemory}))
		_, metadata := send(t, provider, http.MethodGet, "https://id.example.com/.well-known/openid-configuration", "", "")
		if told, _ := metadata["registration_endpoint"].(string); told != want {
			t.Errorf("mode %q: registration_endpoint is %q", mode, told)
		}
		if status, _ := send(t, provider, http.MethodPost, registerPath, "", "{}"); (status == 0) != (want == "") {
			t.Errorf("mode %q: the endpoint answers %d", mode, status)
		}
	}
}

// TestMust051_WhatHangsFromARemovedClientIsDead: its tokens are over with its registration, remembered or not.
func TestMust051_WhatHangsFromARemovedClientIsDead(t *testing.T) {
	provider := start(t, registering(), open(t, op.Location{Driver: op.DriverMemory}))
	status, made := send(t, provider, http.MethodPost, registerPath, "initial", `{"grant_types":["client_credentials"],"scope":"tools:call"}`)
	if status != http.StatusCreated {
		t.Fatalf("%d %v", status, made)
	}
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"tools:call"}}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://id.example.com/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(made["client_id"].(string), made["client_secret"].(string))
	endpoint, _ := provider.Handler(r)
	w := httptest.NewRecorder()
	endpoint.ServeHTTP(w, r)
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.Token == "" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if token, err := provider.Introspect(t.Context(), answer.Token); err != nil || token.Audience[0] != "https://mcp.example.com" {
		t.Fatalf("%+v, %v", token, err)
	}
	if status, told := send(t, provider, http.MethodDelete, made["registration_client_uri"].(string), made["registration_access_token"].(string), ""); status != http.StatusNoContent {
		t.Fatalf("%d %v", status, told)
	}
	if token, err := provider.Introspect(t.Context(), answer.Token); !errors.Is(err, op.ErrInactive) {
		t.Errorf("alive: %+v, %v", token, err)
	}
}

// A configuration that follows another on the same state knows the clients, and closes what it no longer opens.
func TestRegisteredClientsOutliveAConfiguration(t *testing.T) {
	st := open(t, op.Location{Driver: op.DriverMemory})
	before := start(t, registering(), st)
	const metadata = `"redirect_uris":["https://app.example/cb"],"scope":"tools:call"`
	status, made := send(t, before, http.MethodPost, registerPath, "initial", "{"+metadata+"}")
	if status != http.StatusCreated || made["scope"] != "tools:call" {
		t.Fatalf("%d %v", status, made)
	}
	cfg := registering()
	cfg.Resources = cfg.Resources[:1]
	after := start(t, cfg, st)
	uri, token := made["registration_client_uri"].(string), made["registration_access_token"].(string)
	if status, read := send(t, after, http.MethodGet, uri, token, ""); status != http.StatusOK || read["client_id"] != made["client_id"] {
		t.Errorf("%d %v", status, read)
	}
	again := `{"client_id":"` + made["client_id"].(string) + `",` + metadata + "}"
	if status, refused := send(t, after, http.MethodPut, uri, token, again); status != http.StatusBadRequest || refused["error"] != "invalid_client_metadata" {
		t.Errorf("%d %v", status, refused)
	}
}

// TestThreat048_WhatTheOperatorSaysWins: a client configured under the id of a registered one takes its place, and
// its registration access token opens nothing any more.
func TestThreat048_WhatTheOperatorSaysWins(t *testing.T) {
	st := open(t, op.Location{Driver: op.DriverMemory})
	status, made := send(t, start(t, registering(), st), http.MethodPost, registerPath, "initial", `{"redirect_uris":["https://app.example/cb"]}`)
	if status != http.StatusCreated {
		t.Fatalf("%d %v", status, made)
	}
	cfg := registering()
	cfg.Clients = append(cfg.Clients, &op.Client{
		ID: made["client_id"].(string), AuthMethods: []string{oauth.AuthNone}, RedirectURIs: []string{"https://app.example/cb"}, Disabled: true,
	})
	provider := start(t, cfg, st)
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		status, told := send(t, provider, method, made["registration_client_uri"].(string), made["registration_access_token"].(string), "{}")
		if status != http.StatusUnauthorized || told["error"] != "invalid_token" {
			t.Errorf("%s: %d %v", method, status, told)
		}
	}
}

// A reload gives nobody more registrations.
func TestTheQuotaOutlivesAReload(t *testing.T) {
	st := open(t, op.Location{Driver: op.DriverMemory})
	cfg := registering()
	cfg.Registration.Quota = 1
	for _, want := range []int{http.StatusCreated, http.StatusTooManyRequests} {
		provider := start(t, cfg, st)
		if status, told := send(t, provider, http.MethodPost, registerPath, "initial", `{"redirect_uris":["https://app.example/cb"]}`); status != want {
			t.Errorf("%d %v, want %d", status, told, want)
		}
	}
}

// Scopes that only registered clients can have are no mistake while clients register.
func TestOpenResourcesNeedNoConfiguredClient(t *testing.T) {
	cfg := registering()
	cfg.Clients = nil
	cfg.Resources = cfg.Resources[1:]
	if warnings := cfg.Warnings(); len(warnings) != 0 {
		t.Errorf("%v", warnings)
	}
	cfg.Registration = op.Registration{}
	if warnings := cfg.Warnings(); !slices.ContainsFunc(warnings, func(w string) bool { return strings.Contains(w, "no configured client can get a token") }) {
		t.Errorf("%v", warnings)
	}
}
