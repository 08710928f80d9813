package token_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func TestClientCredentials(t *testing.T) {
	cfg := granttest.Standard()
	cfg.Clients[4].DefaultResource = granttest.Vault
	h := open(t, granttest.New(t), cfg)
	for _, test := range []struct {
		name, client, scope string
		resource            []string
		want                string
		audience            []string
		refused             string
	}{
		{name: "the owner of the scope", client: "worker", scope: "api:read", want: "api:read", audience: []string{granttest.API}},
		{name: "a named resource", client: "worker", scope: "api:read", resource: []string{granttest.API}, want: "api:read", audience: []string{granttest.API}},
		{name: "default_scopes", client: "worker", resource: []string{granttest.API + ":443/"}, want: "api:read", audience: []string{granttest.API}},
		{
			name: "two resources", client: "worker", scope: "api:read vault:open", resource: []string{granttest.API, granttest.Vault},
			want: "api:read vault:open", audience: []string{granttest.API, granttest.Vault},
		},
		{name: "the client's default resource", client: "spare", scope: "vault:open", want: "vault:open", audience: []string{granttest.Vault}},
		{name: "nothing asked for", client: "worker", want: "", audience: []string{granttest.Issuer}},
		{name: "openid", client: "worker", scope: "openid api:read", refused: "invalid_scope"},
		{name: "offline_access", client: "worker", scope: "offline_access", refused: "invalid_scope"},
		{name: "a scope about a person", client: "worker", scope: "email", refused: "invalid_scope"},
		{name: "an unknown scope", client: "worker", scope: "api:read api:admin", refused: "invalid_scope"},
		{name: "another's scope", client: "worker", scope: "api:write", refused: "invalid_scope"},
		{name: "a scope of another resource", client: "worker", scope: "vault:open", resource: []string{granttest.API}, refused: "invalid_scope"},
		{name: "a malformed scope", client: "worker", scope: "a\\b", refused: "invalid_scope"},
		{name: "an unknown resource", client: "worker", resource: []string{"https://unknown.example"}, refused: "invalid_target"},
		{name: "one unknown of two", client: "worker", resource: []string{granttest.API, "https://unknown.example"}, refused: "invalid_target"},
		{name: "a relative resource", client: "worker", resource: []string{"/api"}, refused: "invalid_target"},
	} {
		t.Run(test.name, func(t *testing.T) {
			form := url.Values{"grant_type": {"client_credentials"}, "resource": test.resource}
			if test.scope != "" {
				form.Set("scope", test.scope)
			}
			got := h.post(t, test.client, form)
			if got.JSON.Error != test.refused {
				t.Fatalf("%d %s", got.Status, got.Body)
			}
			if test.refused != "" {
				return
			}
			if *got.JSON.Scope != test.want || got.JSON.RefreshToken != "" || got.JSON.IDToken != "" {
				t.Error(got.Body)
			}
			token, err := h.Grants.Introspect(t.Context(), got.JSON.AccessToken)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.audience, token.Audience); diff != "" {
				t.Errorf("audience (-want +got):\n%s", diff)
			}
			if token.Subject != test.client || token.SignedIn {
				t.Errorf("%+v", token)
			}
		})
	}
}

func TestMust039_AResourceThatIsNotOpenToTheClient(t *testing.T) {
	cfg := granttest.Standard()
	cfg.Resources[0].Clients = []string{"web"}
	h := open(t, granttest.New(t), cfg)
	form := url.Values{"grant_type": {"client_credentials"}, "resource": {granttest.API}}
	if got := h.post(t, "worker", form); got.JSON.Error != "invalid_target" {
		t.Error(got.Body)
	}
}

func TestAPublicClientDoesNotActForItself(t *testing.T) {
	cfg := granttest.Standard()
	cfg.Clients[2].GrantTypes = append(cfg.Clients[2].GrantTypes, oauth.GrantClientCredentials)
	h := open(t, granttest.New(t), cfg)
	got := h.post(t, "cli", url.Values{"grant_type": {"client_credentials"}, "scope": {"api:read"}})
	if got.Status != http.StatusBadRequest || got.JSON.Error != "unauthorized_client" {
		t.Error(got.Body)
	}
}
