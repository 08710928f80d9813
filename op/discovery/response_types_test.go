package discovery

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Metadata says exactly what is allowed: no mode and no grant type that no response type leads to.
func TestMust007_MetadataFollowsTheResponseTypes(t *testing.T) {
	list := func(values ...string) []string { return values }
	const device = "urn:ietf:params:oauth:grant-type:device_code"
	for _, tt := range []struct{ responseTypes, modes, grantTypes []string }{
		{list("code"), list("query", "form_post"), list("authorization_code", "refresh_token", "client_credentials", device)},
		{list("none"), list("query", "form_post"), list("refresh_token", "client_credentials", device)},
		{list("id_token"), list("fragment", "form_post"), list("implicit", "refresh_token", "client_credentials", device)},
		{list("id_token token"), list("fragment", "form_post"), list("implicit", "refresh_token", "client_credentials", device)},
		{list("code id_token"), list("fragment", "form_post"), list("authorization_code", "implicit", "refresh_token", "client_credentials", device)},
		{list("code", "code token"), list("query", "fragment", "form_post"), list("authorization_code", "implicit", "refresh_token", "client_credentials", device)},
	} {
		if diff := cmp.Diff(tt.modes, responseModes(tt.responseTypes)); diff != "" {
			t.Errorf("%v: modes (-want +got):\n%s", tt.responseTypes, diff)
		}
		if diff := cmp.Diff(tt.grantTypes, grantTypes(tt.responseTypes)); diff != "" {
			t.Errorf("%v: grant types (-want +got):\n%s", tt.responseTypes, diff)
		}
	}
}

func TestCHashIsToldOfWhereThereIsOne(t *testing.T) {
	for responseType, want := range map[string]bool{
		"code": false, "id_token": false, "id_token token": false, "code token": false, "none": false,
		"code id_token": true, "code id_token token": true,
	} {
		if got := slices.Contains(claims([]string{responseType}, nil), "c_hash"); got != want {
			t.Errorf("%s: c_hash %t", responseType, got)
		}
	}
}
