package registration

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// TestMust052_GrantAndResponseTypesFitEachOther: what the client wants to be answered with decides, the same
// way each time (RFC 7591 section 2.1, OIDC Dynamic Client Registration section 2).
func TestMust052_GrantAndResponseTypesFitEachOther(t *testing.T) {
	h := newHouse(t)
	e := &Endpoint{Deps: h.Deps}
	code, implicit, refresh, device := oauth.GrantAuthorizationCode, oauth.GrantImplicit, oauth.GrantRefreshToken, oauth.GrantDeviceCode
	for _, at := range []struct {
		name                                         string
		responses, grants, wantResponses, wantGrants []string
		scope                                        string
	}{
		{name: "neither", wantResponses: []string{"code"}, wantGrants: []string{code, refresh}},
		{name: "no offline_access", scope: "openid", wantResponses: []string{"code"}, wantGrants: []string{code}},
		{name: "refresh_token without offline_access", scope: "openid", grants: []string{code, refresh}, wantResponses: []string{"code"}, wantGrants: []string{code, refresh}},
		{name: "as the newest MCP clients", grants: []string{code, refresh, device}, responses: []string{"code"}, wantResponses: []string{"code"}, wantGrants: []string{code, refresh, device}},
		{name: "a device", grants: []string{device}, wantGrants: []string{refresh, device}},
		{name: "a device without offline_access", scope: "openid", grants: []string{device}, wantGrants: []string{device}},
		{name: "id_token alone", responses: []string{"id_token"}, wantResponses: []string{"id_token"}, wantGrants: []string{implicit}},
		{name: "code for implicit", responses: []string{"code"}, grants: []string{implicit}, wantResponses: []string{"code"}, wantGrants: []string{code, refresh}},
		{name: "implicit for code", responses: []string{"token id_token"}, grants: []string{code}, wantResponses: []string{"id_token token"}, wantGrants: []string{implicit}},
		{name: "hybrid", responses: []string{"id_token code"}, wantResponses: []string{"code id_token"}, wantGrants: []string{code, implicit, refresh}},
		{name: "both", responses: []string{"code", "id_token"}, grants: []string{code}, wantResponses: []string{"code", "id_token"}, wantGrants: []string{code, implicit, refresh}},
		{name: "twice, in another order", responses: []string{"id_token token", "token id_token"}, wantResponses: []string{"id_token token"}, wantGrants: []string{implicit}},
		{name: "one nobody knows", responses: []string{"code", "device"}, wantResponses: []string{"code"}, wantGrants: []string{code, refresh}},
		{name: "none", responses: []string{"none"}, wantResponses: []string{"none"}},
	} {
		got, err := e.effective(client.Metadata{RedirectURIs: []string{callback}, ResponseTypes: at.responses, GrantTypes: at.grants, Scope: at.scope})
		if err != nil {
			t.Errorf("%s: %v", at.name, err)
			continue
		}
		if diff := cmp.Diff(at.wantResponses, got.ResponseTypes); diff != "" {
			t.Errorf("%s: response_types (-want +got):\n%s", at.name, diff)
		}
		if diff := cmp.Diff(at.wantGrants, got.GrantTypes); diff != "" {
			t.Errorf("%s: grant_types (-want +got):\n%s", at.name, diff)
		}
	}
}

// What the provider does not offer is not registered.
func TestOnlyOfferedResponseTypesAreRegistered(t *testing.T) {
	h := newHouse(t, func(h *house) { h.Abilities.ResponseTypes = []string{"code"} })
	got := h.register(`{"redirect_uris":["` + callback + `"],"response_types":["code","id_token token"],"grant_types":["authorization_code","implicit"]}`)
	if cmp.Diff([]string{"code"}, got.list("response_types")) != "" || cmp.Diff([]string{"authorization_code", "refresh_token"}, got.list("grant_types")) != "" {
		t.Errorf("%s", got.Body)
	}
	h.post(`{"redirect_uris":["`+callback+`"],"response_types":["id_token"]}`).mustRefuse(t, http.StatusBadRequest, "invalid_client_metadata")
	// code is what is meant by nothing, if it is there.
	h = newHouse(t, func(h *house) { h.Abilities.ResponseTypes = []string{"id_token"} })
	h.post(simple).mustRefuse(t, http.StatusBadRequest, "invalid_client_metadata")
	h.post(`{"redirect_uris":["`+callback+`"],"grant_types":["authorization_code"]}`).mustRefuse(t, http.StatusBadRequest, "invalid_client_metadata")
}

// Clients of plain OAuth state no application_type; their redirect URIs say it.
func TestTheApplicationTypeGoesByTheRedirectURIs(t *testing.T) {
	h := newHouse(t)
	for uri, want := range map[string]string{
		callback: "web", "http://127.0.0.1:33418/": "native", "http://[::1]/cb": "native", "http://localhost:6274/oauth/callback": "native", "com.example.app:/cb": "native",
	} {
		got := h.register(`{"token_endpoint_auth_method":"none","redirect_uris":["` + uri + `"]}`)
		if got.text("application_type") != want || got.body["client_secret"] != nil || got.body["client_secret_expires_at"] != nil {
			t.Errorf("%s: %s", uri, got.Body)
		}
	}
}

// TestMust052_WhatIsInEffectComesToItself: whatever is sent, the order it is put in is final, and what a client
// may do never exceeds what it sent but for what the rules add.
func TestMust052_WhatIsInEffectComesToItself(t *testing.T) {
	h := newHouse(t)
	e := &Endpoint{Deps: h.Deps}
	responses := append([]string{"token id_token", "id_token code", "device", ""}, oauth.ResponseTypes...)
	grants := []string{"authorization_code", "implicit", "refresh_token", "client_credentials", "password", ""}
	scopes := []string{"openid", "offline_access", "tools:call", "admin"}
	rapid.Check(t, func(t *rapid.T) {
		sent := client.Metadata{
			RedirectURIs:            rapid.SliceOfN(rapid.SampledFrom([]string{callback, "http://127.0.0.1/cb", "com.example:/cb"}), 0, 3).Draw(t, "redirect_uris"),
			ResponseTypes:           rapid.SliceOfN(rapid.SampledFrom(responses), 0, 4).Draw(t, "response_types"),
			GrantTypes:              rapid.SliceOfN(rapid.SampledFrom(grants), 0, 4).Draw(t, "grant_types"),
			Scope:                   oauth.Scopes(rapid.SliceOfN(rapid.SampledFrom(scopes), 0, 4).Draw(t, "scope")).String(),
			TokenEndpointAuthMethod: rapid.SampledFrom([]string{"", "none", "client_secret_post"}).Draw(t, "method"),
			IDTokenEncryptionAlg:    rapid.SampledFrom([]string{"", "RSA-OAEP-256"}).Draw(t, "alg"),
			IDTokenEncryptionEnc:    rapid.SampledFrom([]string{"", "A256GCM"}).Draw(t, "enc"),
		}
		once, err := e.effective(sent)
		if err != nil {
			return
		}
		kept, err := json.Marshal(once)
		if err != nil {
			t.Fatal(err)
		}
		var read client.Metadata
		if err := json.Unmarshal(kept, &read); err != nil {
			t.Fatalf("%s: %v", kept, err)
		}
		twice, err := e.effective(read)
		if err != nil {
			t.Fatalf("%s: %v", kept, err)
		}
		if diff := cmp.Diff(read, twice); diff != "" {
			t.Fatalf("once and twice:\n%s", diff)
		}
		for _, grant := range once.GrantTypes {
			if grant == "password" || grant == "client_credentials" || grant == "" {
				t.Fatalf("grant types: %v", once.GrantTypes)
			}
		}
	})
}
