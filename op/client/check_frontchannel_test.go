package client

import (
	"strings"
	"testing"
)

// OpenID Connect Front-Channel Logout section 2: of the scheme, host and port of a redirect URI, without fragment.
func TestMust063_FrontchannelLogoutURIs(t *testing.T) {
	const elsewhere = "has another scheme, host or port than the redirect_uris"
	shop := []string{"https://www.example.com/cb", "https://shop.example.com/cb"}
	for name, tt := range map[string]struct {
		kind      string
		redirects []string
		uri       string
		want      string // "" for none
	}{
		"none":                          {ApplicationWeb, shop, "", ""},
		"beside a redirect URI":         {ApplicationWeb, shop, "https://shop.example.com/out", ""},
		"with a query":                  {ApplicationWeb, shop, "https://shop.example.com/out?a=b", ""},
		"the default port":              {ApplicationWeb, shop, "https://shop.example.com:443/out", ""},
		"other letters":                 {ApplicationWeb, shop, "https://SHOP.example.com/out", ""},
		"a port of its own":             {ApplicationWeb, []string{"https://shop.example.com:8443/cb"}, "https://shop.example.com:8443/out", ""},
		"another port":                  {ApplicationWeb, shop, "https://shop.example.com:8443/out", elsewhere},
		"a host below":                  {ApplicationWeb, shop, "https://out.shop.example.com/", elsewhere},
		"a host above":                  {ApplicationWeb, shop, "https://example.com/out", elsewhere},
		"another host":                  {ApplicationWeb, shop, "https://evil.example/out", elsewhere},
		"a fragment":                    {ApplicationWeb, shop, "https://shop.example.com/out#x", "has a fragment"},
		"in clear":                      {ApplicationWeb, shop, "http://shop.example.com/out", "is http; that is for native clients on 127.0.0.1, [::1] or localhost"},
		"a script":                      {ApplicationNative, []string{"com.example.app:/cb"}, "javascript:alert(1)", "has a scheme that is not allowed"},
		"data":                          {ApplicationNative, []string{"com.example.app:/cb"}, "data:text/html,x", "has a scheme that is not allowed"},
		"an app":                        {ApplicationNative, []string{"com.example.app:/cb"}, "com.example.app:/out", "is no address that a browser can load"},
		"a native client's loopback":    {ApplicationNative, []string{"http://127.0.0.1:8000/cb"}, "http://127.0.0.1:8000/out", ""},
		"any port of a loopback":        {ApplicationNative, []string{"http://127.0.0.1/cb"}, "http://127.0.0.1:8000/out", elsewhere},
		"a web client's loopback":       {ApplicationWeb, shop, "http://127.0.0.1/out", "is http; that is for native clients on 127.0.0.1, [::1] or localhost"},
		"https in place of http":        {ApplicationNative, []string{"http://localhost:8000/cb"}, "https://localhost:8000/out", elsewhere},
		"an IPv6 address":               {ApplicationWeb, []string{"https://[2001:db8::1]/cb"}, "https://[2001:db8::1]/out", "has an IPv6 address, which the policy of a page cannot name"},
		"user information":              {ApplicationWeb, shop, "https://me@shop.example.com/out", "has user information"},
		"a directive of the policy":     {ApplicationWeb, shop, "https://shop.example.com;script-src/out", "has a path that can be read in two ways"},
		"everything that matches":       {ApplicationWeb, shop, "https://*.example.com/out", "has a character that is not allowed"},
		"longer than an address may be": {ApplicationWeb, shop, "https://shop.example.com/" + strings.Repeat("x", maxURI), "is longer than 2048 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			if tt.want != "" {
				want = []string{"frontchannel_logout_uri: " + tt.want}
			}
			checks(t, func(c *Client) {
				c.ApplicationType, c.RedirectURIs, c.FrontchannelLogoutURI = tt.kind, tt.redirects, tt.uri
			}, want...)
			registered := Metadata{TokenEndpointAuthMethod: "client_secret_basic", ApplicationType: tt.kind, RedirectURIs: tt.redirects, FrontchannelLogoutURI: tt.uri}
			c, err := registered.Client("web", nil)
			if err != nil || c.FrontchannelLogoutURI != tt.uri {
				t.Fatalf("%+v, %v", c, err)
			}
			if fault := c.CheckFrontchannelLogoutURI(); tt.uri != "" && (fault == nil) != (tt.want == "") {
				t.Errorf("registered: %v", fault)
			}
		})
	}
}

// Who wrote the word down wants something of it; who registers sends what they have.
func TestASessionIsRequiredOnlyWhereSomethingIsTold(t *testing.T) {
	for _, configured := range []bool{true, false} {
		var want []string
		if configured {
			want = []string{"frontchannel_logout_session_required: needs frontchannel_logout_uri"}
		}
		checks(t, func(c *Client) { c.Configured, c.FrontchannelLogoutSessionRequired = configured, true }, want...)
	}
	checks(t, func(c *Client) {
		c.Configured, c.FrontchannelLogoutSessionRequired, c.FrontchannelLogoutURI = true, true, "https://shop.example.com/out"
	})
	yes := true
	c, err := Metadata{FrontchannelLogoutSessionRequired: &yes}.Client("web", nil)
	if err != nil || !c.FrontchannelLogoutSessionRequired {
		t.Errorf("%+v, %v", c, err)
	}
}
