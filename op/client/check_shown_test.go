package client

import (
	"strings"
	"testing"
)

func TestMust050_ShownHostsAreThoseOfTheRedirectURIs(t *testing.T) {
	web := []string{"https://app.example/cb", "https://Second.example:8443/cb"}
	native := []string{"com.example.app:/cb", "http://127.0.0.1/cb"}
	for name, tt := range map[string]struct {
		client Client
		want   string // the members with a fault
	}{
		"nothing shown":       {Client{RedirectURIs: web}, ""},
		"on a host":           {Client{RedirectURIs: web, LogoURI: "https://app.example/logo.png", ClientURI: "https://app.example"}, ""},
		"on the other":        {Client{RedirectURIs: web, PolicyURI: "https://second.example/policy", TOSURI: "https://SECOND.example:1/tos"}, ""},
		"on another":          {Client{RedirectURIs: web, LogoURI: "https://bank.example/logo.png"}, "logo_uri"},
		"each on another":     {Client{RedirectURIs: web, LogoURI: "https://b.example", PolicyURI: "https://b.example", TOSURI: "https://b.example", ClientURI: "https://b.example"}, "logo_uri policy_uri tos_uri client_uri"},
		"above":               {Client{RedirectURIs: web, TOSURI: "https://example/tos"}, "tos_uri"},
		"below":               {Client{RedirectURIs: web, TOSURI: "https://www.app.example/tos"}, "tos_uri"},
		"with the same end":   {Client{RedirectURIs: web, TOSURI: "https://evilapp.example/tos"}, "tos_uri"},
		"with the same start": {Client{RedirectURIs: web, TOSURI: "https://app.example.evil.example/tos"}, "tos_uri"},
		"as user information": {Client{RedirectURIs: web, TOSURI: "https://app.example@evil.example/tos"}, "tos_uri"},
		"as a path":           {Client{RedirectURIs: web, TOSURI: "https://evil.example/app.example/"}, "tos_uri"},
		"without a host":      {Client{RedirectURIs: web, TOSURI: "https:///tos"}, "tos_uri"},
		"no host on both":     {Client{RedirectURIs: native, TOSURI: "https:/tos"}, "tos_uri"},
		"a native one":        {Client{RedirectURIs: native, LogoURI: "https://example.com/logo.png"}, "logo_uri"},
		"an app's authority":  {Client{RedirectURIs: []string{"com.evil.app://bank.example/cb"}, LogoURI: "https://bank.example/logo.png"}, "logo_uri"},
		"an app's scheme":     {Client{RedirectURIs: []string{"bank.example:/cb"}, LogoURI: "https://bank.example/logo.png"}, "logo_uri"},
		"no redirect URI":     {Client{LogoURI: "https://app.example/logo.png"}, "logo_uri"},
		"in other languages": {Client{RedirectURIs: web, Localized: map[string]string{
			"client_name#de": "Laden", "policy_uri#de": "https://app.example/de", "logo_uri#de": "https://bank.example/de", "tos_uri#fr": "https://bank.example/fr",
		}}, "logo_uri#de tos_uri#fr"},
	} {
		var got []string
		for _, fault := range tt.client.CheckShownHosts() {
			member, _, _ := strings.Cut(fault.Error(), ":")
			got = append(got, member)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
