package caddymodule

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func TestGrantTypesByTheirWords(t *testing.T) {
	for _, at := range []struct{ words, want []string }{
		{nil, nil},
		{[]string{"device_code", "refresh_token"}, []string{oauth.GrantDeviceCode, "refresh_token"}},
		{[]string{"urn:ietf:params:oauth:grant-type:device_code"}, []string{oauth.GrantDeviceCode}},
		{[]string{"password"}, []string{"password"}},
	} {
		if diff := cmp.Diff(at.want, namedGrantTypes(at.words)); diff != "" {
			t.Errorf("%v: %s", at.words, diff)
		}
	}
}

func TestADeviceNeedsNoRedirectURI(t *testing.T) {
	for words, fault := range map[string]string{
		"device_code": "", "device_code refresh_token": "", "refresh_token": "refresh_token needs", "authorization_code device_code": "redirect_uris",
	} {
		translated, faults := (&Client{ID: "tv", Auth: []string{"none"}, GrantTypes: strings.Fields(words), Scopes: []string{"openid"}}).config()
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		faults = translated.Check()
		if fault == "" && len(faults) > 0 || fault != "" && (len(faults) == 0 || !strings.Contains(faults[0].Error(), fault)) {
			t.Errorf("%s: %v", words, faults)
		}
	}
}
