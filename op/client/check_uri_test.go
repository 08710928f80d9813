package client

import (
	"net/url"
	"strings"
	"testing"
)

func TestCheckPublicURI(t *testing.T) {
	for _, uri := range []string{
		"https://shop.example.com", "https://shop.example.com/privacy?lang=en#data", "https://shop.example.com:8443/~u/a;b//c/%2e", "HTTPS://Shop.Example.com/*",
		"https://192.0.2.1/", "https://[2001:db8::1]:8443/", "https://xn--bcher-kva.example/", "https://a_b.example/",
	} {
		if err := CheckPublicURI(uri); err != nil {
			t.Errorf("%q %v", uri, err)
		}
	}
	for uri, want := range map[string]string{
		"":                                               "is not an https URL",
		"/terms":                                         "is not an https URL",
		"//shop.example.com/":                            "is not an https URL",
		"http://shop.example.com/":                       "is not an https URL",
		"https:shop.example.com":                         "is not an https URL",
		"https:///terms":                                 "has no host, or one that is not plain",
		"https://shop.example.com:/":                     "has no host, or one that is not plain",
		"https://a%2fb.example/":                         "is not an https URL",
		"https://a;b.example/":                           "has no host, or one that is not plain",
		"https://a,b.example/":                           "has no host, or one that is not plain",
		"https://*.example.com/":                         "has no host, or one that is not plain",
		"https://[fe80::1%25eth0]/":                      "has no host, or one that is not plain",
		"https://u@shop.example.com/":                    "has user information",
		"https://u:p@shop.example.com/":                  "has user information",
		"https://a@b@evil.example/":                      "has user information",
		"https://shop.example.com\\@b/":                  "has a character that is not allowed",
		"https://shop.example.com/ x":                    "has a character that is not allowed",
		"https://shop.example.com/\r\nX: y":              "has a character that is not allowed",
		"https://bücher.example/":                        "has a character that is not allowed",
		"https://shop.example.com/\">":                   "has a character that is not allowed",
		"https://a.example/" + strings.Repeat("x", 2031): "is longer than a URI may be",
	} {
		if err := CheckPublicURI(uri); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", uri, err, want)
		}
	}
}

// TestThreat091_NothingScriptableIsShown: what people are linked to, and what the browser loads, is https.
func TestThreat091_NothingScriptableIsShown(t *testing.T) {
	for _, uri := range []string{
		"javascript:alert(1)", "JavaScript:alert(1)", "\x01javascript:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "data:image/svg+xml,<svg onload=alert(1)>",
		"vbscript:x", "file:///etc/passwd", "blob:https://a.example/x", "javascript://a.example/%0aalert(1)", "https://a.example/'><script>", "https://a.example;script-src *",
	} {
		for field, change := range map[string]func(*Client){
			"logo_uri":               func(c *Client) { c.LogoURI = uri },
			"policy_uri":             func(c *Client) { c.PolicyURI = uri },
			"tos_uri":                func(c *Client) { c.TOSURI = uri },
			"client_uri":             func(c *Client) { c.ClientURI = uri },
			"jwks_uri":               func(c *Client) { c.JWKSURI = uri },
			"initiate_login_uri":     func(c *Client) { c.InitiateLoginURI = uri },
			"backchannel_logout_uri": func(c *Client) { c.BackchannelLogoutURI = uri },
			"request_uris":           func(c *Client) { c.RequestURIs = []string{uri} },
			"logo_uri#de":            func(c *Client) { c.Localized = map[string]string{"logo_uri#de": uri} },
			"tos_uri#de":             func(c *Client) { c.Localized = map[string]string{"tos_uri#de": uri} },
		} {
			c := &Client{ID: "web", Secrets: []Secret{PlainSecret("s")}, RedirectURIs: []string{"https://shop.example.com/cb"}}
			change(c)
			if faults := c.Check(); len(faults) != 1 || !strings.HasPrefix(faults[0].Error(), field+": ") {
				t.Errorf("%s %q: %v", field, uri, faults)
			}
		}
	}
}

func TestURIsThatAreCalledHaveNoFragment(t *testing.T) {
	for _, tt := range []struct {
		change func(*Client)
		want   []string
	}{
		{func(c *Client) { c.JWKSURI = "https://shop.example.com/jwks#a" }, []string{"jwks_uri: has a fragment"}},
		{func(c *Client) { c.InitiateLoginURI = "https://shop.example.com/login#" }, []string{"initiate_login_uri: has a fragment"}},
		{func(c *Client) { c.BackchannelLogoutURI = "https://shop.example.com/back#" }, []string{"backchannel_logout_uri: has a fragment"}},
		{func(c *Client) {
			c.PolicyURI, c.LogoURI = "https://shop.example.com/#privacy", "https://shop.example.com/all.svg#logo"
		}, nil},
		{func(c *Client) {
			c.RequestURIs = []string{"https://shop.example.com/request#GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM"}
		}, nil},
		{func(c *Client) { c.LogoURI = "https://a.example/" + strings.Repeat("l", 1007) }, []string{"logo_uri: is longer than 1024 bytes"}},
		{func(c *Client) { c.LogoURI = "https://a.example/" + strings.Repeat("l", 1006) }, nil},
		{func(c *Client) { c.RequestURIs = []string{"http://shop.example.com/r", "urn:example:r"} }, []string{"request_uris: is not an https URL", "request_uris: is not an https URL"}},
		{func(c *Client) { c.RequestURIs = []string{"https://a.example/r", "https://a.example/r"} }, []string{`request_uris: "https://a.example/r" is named twice`}},
		{func(c *Client) { c.RequestURIs = []string{"https://a.example/" + strings.Repeat("r", 512)} }, []string{"request_uris: has one that is longer than 512 bytes"}},
	} {
		checks(t, tt.change, tt.want...)
	}
}

// FuzzCheckPublicURI: whatever is accepted is one https origin and can stand in a header and an attribute.
func FuzzCheckPublicURI(f *testing.F) {
	for _, uri := range []string{"https://shop.example.com/logo.png", "https://[2001:db8::1]:1/", "javascript:alert(1)", "https://a@b/"} {
		f.Add(uri)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		if CheckPublicURI(uri) != nil {
			return
		}
		u, err := url.Parse(uri)
		if err != nil || u.Scheme != "https" || u.User != nil || u.Hostname() == "" || strings.ContainsAny(u.Host, "@;, '*%") || strings.ContainsAny(uri, "\r\n\t \"<>\\") {
			t.Fatalf("%q is accepted, read as %v, %v", uri, u, err)
		}
	})
}

// TestMust062_OnlyOverTLS: also a native client, and one on loopback, is told by https.
func TestMust062_OnlyOverTLS(t *testing.T) {
	for uri, good := range map[string]bool{
		"": true, "https://shop.example.com/back?tenant=1": true, "https://127.0.0.1:8443/back": true, "https://192.0.2.1/": true,
		"http://127.0.0.1/back": false, "http://localhost/back": false, "com.example.app:/back": false, "/back": false,
		"https://shop.example.com/" + strings.Repeat("x", maxURI): false,
	} {
		for _, kind := range []string{ApplicationWeb, ApplicationNative} {
			c := &Client{
				ID: "web", Secrets: []Secret{PlainSecret("s")}, ApplicationType: kind,
				RedirectURIs: []string{"https://shop.example.com/cb"}, BackchannelLogoutURI: uri,
			}
			if faults := c.Check(); (len(faults) == 0) != good {
				t.Errorf("%s %.40q: %v", kind, uri, faults)
			}
		}
	}
}

func TestBackChannelMetadataTakesEffect(t *testing.T) {
	yes := true
	c, err := Metadata{BackchannelLogoutURI: "https://shop.example.com/back", BackchannelLogoutSessionRequired: &yes}.Client("x", nil)
	if err != nil || c.BackchannelLogoutURI != "https://shop.example.com/back" || !c.BackchannelLogoutSessionRequired {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := (Metadata{}).Client("x", nil); err != nil || c.BackchannelLogoutURI != "" || c.BackchannelLogoutSessionRequired {
		t.Errorf("%+v, %v", c, err)
	}
}
