package client

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// OIDC Dynamic Client Registration section 2, application_type.
func TestRedirectURIsByApplicationType(t *testing.T) {
	const leads = " leads to this machine, where no web client with tokens in the fragment is"
	for _, tt := range []struct {
		name, kind    string
		responseTypes []string
		uri           string
		want          string // "" for none
	}{
		{"web", ApplicationWeb, nil, "https://shop.example.com/cb", ""},
		{"web, http", ApplicationWeb, nil, "http://shop.example.com/cb", "is http; that is for native clients on 127.0.0.1, [::1] or localhost"},
		{"web, loopback", ApplicationWeb, nil, "http://127.0.0.1/cb", "is http; that is for native clients on 127.0.0.1, [::1] or localhost"},
		{"web, localhost", ApplicationWeb, nil, "http://localhost/cb", "is http; that is for native clients on 127.0.0.1, [::1] or localhost"},
		{"web, private-use scheme", ApplicationWeb, nil, "com.example.app:/cb", "has a private-use scheme; that is for native clients"},
		{"web, private-use scheme and tokens", ApplicationWeb, []string{"id_token token"}, "com.example.app:/cb", "has a private-use scheme; that is for native clients"},
		{"web, fragment", ApplicationWeb, nil, "https://shop.example.com/cb#", "has a fragment"},
		{"web, https on localhost, codes", ApplicationWeb, nil, "https://localhost/cb", ""},
		{"web, https on localhost, none", ApplicationWeb, []string{"none", "code"}, "https://localhost/cb", ""},
		{"web, https on localhost, tokens", ApplicationWeb, []string{"id_token"}, "https://localhost/cb", leads},
		{"web, https below localhost, tokens", "", []string{"code id_token"}, "https://app.localhost:8443/cb", leads},
		{"web, https on a loopback address, tokens", ApplicationWeb, []string{"code", "code token"}, "https://127.8.8.8/cb", leads},
		{"web, https on IPv6 loopback, tokens", ApplicationWeb, []string{"id_token token"}, "https://[::1]/cb", leads},
		{"web, https on mapped loopback, tokens", ApplicationWeb, []string{"id_token token"}, "https://[::ffff:127.0.0.1]/cb", leads},
		{"web, https, tokens", ApplicationWeb, []string{"id_token token"}, "https://shop.example.com/cb", ""},
		{"native, loopback", ApplicationNative, nil, "http://127.0.0.1/cb", ""},
		{"native, private-use scheme", ApplicationNative, nil, "com.example.app:/cb", ""},
		{"native, claimed https", ApplicationNative, nil, "https://app.example.com/cb", ""},
		{"native, http", ApplicationNative, nil, "http://shop.example.com/cb", "is http; that is for native clients on 127.0.0.1, [::1] or localhost"},
		{"native, short scheme", ApplicationNative, nil, "myapp:/cb", "has a scheme that is not allowed"},
		{"native, loopback, tokens", ApplicationNative, []string{"id_token"}, "http://[::1]/cb", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var want []string
			switch {
			case tt.want == leads:
				want = []string{`redirect_uris: "` + tt.uri + `"` + leads}
			case tt.want != "":
				want = []string{`redirect_uris: "` + tt.uri + `" ` + tt.want}
			}
			checks(t, func(c *Client) {
				c.ApplicationType, c.ResponseTypes, c.RedirectURIs = tt.kind, tt.responseTypes, []string{tt.uri}
			}, want...)
		})
	}
}

// OpenID Connect RP-Initiated Logout section 3.1: a logout sends nobody where no sign-in may.
func TestMust060_PostLogoutRedirectURIs(t *testing.T) {
	many := make([]string, maxURIs+1)
	for i := range many {
		many[i] = fmt.Sprintf("https://shop.example.com/bye/%d", i)
	}
	for name, tt := range map[string]struct {
		kind string
		uris []string
		want string // "" for none
	}{
		"none":                    {ApplicationWeb, nil, ""},
		"elsewhere":               {ApplicationWeb, []string{"https://www.example.com/bye?from=us", "https://shop.example.com/"}, ""},
		"native":                  {ApplicationNative, []string{"http://127.0.0.1/bye", "com.example.app:/bye"}, ""},
		"as many as may be":       {ApplicationWeb, many[1:], ""},
		"one too many":            {ApplicationWeb, many, "has more than 50 entries"},
		"web, loopback":           {ApplicationWeb, []string{"http://127.0.0.1/bye"}, `"http://127.0.0.1/bye" is http; that is for native clients on 127.0.0.1, [::1] or localhost`},
		"web, private-use scheme": {ApplicationWeb, []string{"com.example.app:/bye"}, `"com.example.app:/bye" has a private-use scheme; that is for native clients`},
		"a script":                {ApplicationNative, []string{"javascript:alert(1)"}, `"javascript:alert(1)" has a scheme that is not allowed`},
		"a fragment":              {ApplicationWeb, []string{"https://shop.example.com/bye#x"}, `"https://shop.example.com/bye#x" has a fragment`},
		"twice":                   {ApplicationWeb, slices.Repeat([]string{"https://shop.example.com/bye"}, 2), `"https://shop.example.com/bye" is named twice`},
		"long":                    {ApplicationWeb, []string{"https://shop.example.com/" + strings.Repeat("x", maxURI)}, "has one that is longer than 2048 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			if tt.want != "" {
				want = []string{"post_logout_redirect_uris: " + tt.want}
			}
			checks(t, func(c *Client) { c.ApplicationType, c.PostLogoutRedirectURIs = tt.kind, tt.uris }, want...)
		})
	}
}

func TestMust060_PostLogoutRedirectURIsMatchExactly(t *testing.T) {
	web := &Client{RedirectURIs: []string{"https://shop.example.com/cb"}, PostLogoutRedirectURIs: []string{"https://shop.example.com/bye", "http://shop.example.com/old"}}
	native := &Client{ApplicationType: ApplicationNative, PostLogoutRedirectURIs: []string{"http://127.0.0.1/bye"}}
	for uri, want := range map[string][2]bool{
		"https://shop.example.com/bye":     {true, false},
		"https://shop.example.com/bye/":    {false, false},
		"https://shop.example.com/bye?":    {false, false},
		"https://shop.example.com/cb":      {false, false},
		"http://shop.example.com/old":      {false, false}, // stored under older rules
		"http://127.0.0.1:49152/bye":       {false, true},
		"http://127.0.0.1/bye":             {false, true},
		"http://localhost/bye":             {false, false},
		"":                                 {false, false},
		"https://shop.example.com:443/bye": {false, false},
	} {
		if got := [2]bool{web.MatchPostLogoutRedirectURI(uri), native.MatchPostLogoutRedirectURI(uri)}; got != want {
			t.Errorf("%s: %v, want %v", uri, got, want)
		}
	}
}
