package op_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func supported(t *testing.T, cfg op.Config) (responseTypes, grantTypes []string) {
	t.Helper()
	_, body := ask(t, start(t, cfg, open(t, op.Location{Driver: op.DriverMemory})), http.MethodGet, cfg.Issuer+"/.well-known/openid-configuration", nil)
	var metadata struct {
		ResponseTypes []string `json:"response_types_supported"`
		GrantTypes    []string `json:"grant_types_supported"`
	}
	if err := json.Unmarshal([]byte(body), &metadata); err != nil {
		t.Fatal(err)
	}
	return metadata.ResponseTypes, metadata.GrantTypes
}

func with(responseTypes ...string) *op.Client {
	return &op.Client{
		ID: "with", AuthMethods: []string{oauth.AuthNone}, RedirectURIs: []string{"https://with.example.com/cb"},
		Scopes: oauth.Scopes{"openid"}, ResponseTypes: responseTypes,
	}
}

// What anybody may use is what metadata says: the provider's offer and what configured clients have beside it.
func TestMust007_ResponseTypesAreOffUntilSomebodyNamesThem(t *testing.T) {
	off := with("id_token token")
	off.Disabled = true
	for _, tt := range []struct {
		name    string
		offered []string
		clients []*client.Client
		want    []string
	}{
		{"by default", nil, nil, []string{"code"}},
		{"by default, with a client that names none", nil, []*client.Client{with()}, []string{"code"}},
		{"of the provider", []string{"none", "code id_token", "code"}, nil, []string{"code", "code id_token", "none"}},
		{"of a client", nil, []*client.Client{with("id_token")}, []string{"code", "id_token"}},
		{"of a client that is off", nil, []*client.Client{off}, []string{"code"}},
		{"code of a client where it is not offered", []string{"id_token"}, []*client.Client{with()}, []string{"code", "id_token"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := config()
			cfg.ResponseTypes = tt.offered
			cfg.Clients = append(cfg.Clients, tt.clients...)
			responseTypes, grantTypes := supported(t, cfg)
			if diff := cmp.Diff(tt.want, responseTypes); diff != "" {
				t.Errorf("response types (-want +got):\n%s", diff)
			}
			if slices.Contains(grantTypes, oauth.GrantImplicit) != slices.ContainsFunc(tt.want, oauth.FrontChannel) {
				t.Errorf("grant types: %v", grantTypes)
			}
		})
	}
}

// What the operator gave to a client of their own is not for whoever registers.
func TestMust052_ARegistrationHasWhatTheProviderOffers(t *testing.T) {
	cfg := registering()
	cfg.Clients = append(cfg.Clients, with("id_token"))
	p := start(t, cfg, open(t, op.Location{Driver: op.DriverMemory}))
	const body = `{"redirect_uris": ["https://rp.example.com/cb"], "response_types": [%q], "grant_types": ["authorization_code", "implicit"]}`
	if status, answer := send(t, p, http.MethodPost, registerPath, "initial", fmt.Sprintf(body, "id_token")); status != http.StatusBadRequest || answer["error"] != "invalid_client_metadata" {
		t.Errorf("id_token: %d %v", status, answer)
	}
	if status, answer := send(t, p, http.MethodPost, registerPath, "initial", fmt.Sprintf(body, "code")); status != http.StatusCreated {
		t.Errorf("code: %d %v", status, answer)
	}
}
