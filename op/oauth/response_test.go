package oauth_test

import (
	"slices"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// OAuth 2.0 Multiple Response Type Encoding Practices sections 2.1, 3 and 5; OIDC Dynamic Client Registration
// section 2 for the grant types.
func TestResponseTypesAreAsTheyAreRegistered(t *testing.T) {
	for _, tt := range []struct {
		text, registered, mode string
		grantTypes             []string
	}{
		{"code", "code", "query", []string{"authorization_code"}},
		{"none", "none", "query", nil},
		{"id_token", "id_token", "fragment", []string{"implicit"}},
		{"token id_token", "id_token token", "fragment", []string{"implicit"}},
		{"id_token code", "code id_token", "fragment", []string{"authorization_code", "implicit"}},
		{"token code", "code token", "fragment", []string{"authorization_code", "implicit"}},
		{"token id_token code", "code id_token token", "fragment", []string{"authorization_code", "implicit"}},
	} {
		got, ok := oauth.ParseResponseType(tt.text)
		if !ok || got != tt.registered || oauth.DefaultResponseMode(got) != tt.mode || !slices.Equal(oauth.GrantTypesOf(got), tt.grantTypes) {
			t.Errorf("%q: %q, %t, %s, %v", tt.text, got, ok, oauth.DefaultResponseMode(got), oauth.GrantTypesOf(got))
		}
		if oauth.FrontChannel(got) != (tt.mode == "fragment") {
			t.Errorf("%q: what a query may carry does not fit its mode", tt.text)
		}
	}
	for _, text := range []string{"", "token", "CODE", "code" + " code", "none code", "code none", "code  token", " code", "code id_token token none", "id_token" + " id_token", "code,token", "device"} {
		if got, ok := oauth.ParseResponseType(text); ok {
			t.Errorf("%q is read as %q", text, got)
		}
	}
}
