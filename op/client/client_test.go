package client

import (
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func TestNative(t *testing.T) {
	for _, tt := range []struct {
		name      string
		kind      string
		redirects []string
		want      bool
	}{
		{"stated native", ApplicationNative, []string{"https://app.example.com/cb"}, true},
		{"stated web", ApplicationWeb, []string{"http://127.0.0.1/cb"}, false},
		{"not stated, https", "", []string{"https://app.example.com/cb"}, false},
		{"not stated, loopback", "", []string{"https://app.example.com/cb", "http://[::1]/cb"}, true},
		{"not stated, private-use scheme", "", []string{"com.example.app:/cb"}, true},
		{"not stated, nothing", "", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &Client{ApplicationType: tt.kind, RedirectURIs: tt.redirects}
			if got := c.Native(); got != tt.want {
				t.Fatalf("Native = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestAllowsGrantType(t *testing.T) {
	const code, refresh, credentials = oauth.GrantAuthorizationCode, oauth.GrantRefreshToken, oauth.GrantClientCredentials
	for _, tt := range []struct {
		name   string
		client Client
		want   map[string]bool
	}{
		{"none stated", Client{}, map[string]bool{code: true}},
		{"none stated, may have offline_access", Client{Scopes: oauth.Scopes{"offline_access"}}, map[string]bool{code: true, refresh: true}},
		{"always refreshed", Client{Refresh: RefreshAlways}, map[string]bool{code: true, refresh: true}},
		{"never refreshed", Client{Refresh: RefreshNever, Scopes: oauth.Scopes{"offline_access"}}, map[string]bool{code: true}},
		{"stated", Client{GrantTypes: []string{code, refresh}}, map[string]bool{code: true, refresh: true}},
		{"a service", Client{GrantTypes: []string{credentials}, Refresh: RefreshAlways}, map[string]bool{credentials: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, grant := range []string{code, refresh, credentials, "password", "implicit", ""} {
				if got := tt.client.AllowsGrantType(grant); got != tt.want[grant] {
					t.Errorf("AllowsGrantType(%q) = %v, want %v", grant, got, tt.want[grant])
				}
			}
		})
	}
}

func TestAllowsResponseType(t *testing.T) {
	service := &Client{GrantTypes: []string{oauth.GrantClientCredentials}}
	stated := &Client{ResponseTypes: []string{"code"}}
	for _, tt := range []struct {
		client *Client
		asked  string
		want   bool
	}{
		{&Client{}, "code", true},
		{&Client{}, "token", false},
		{&Client{}, "", false},
		{stated, "code", true},
		{stated, "code id_token", false},
		{service, "code", false},
	} {
		if got := tt.client.AllowsResponseType(tt.asked); got != tt.want {
			t.Errorf("AllowsResponseType(%q) of %+v = %v", tt.asked, tt.client.GrantTypes, got)
		}
	}
}

// TestMust036_MethodsOfAClient: with a secret and no stated method, Basic and post; else only those stated.
func TestMust036_MethodsOfAClient(t *testing.T) {
	const none, basic, post = oauth.AuthNone, oauth.AuthClientSecretBasic, oauth.AuthClientSecretPost
	for _, tt := range []struct {
		stated []string
		want   map[string]bool
	}{
		{nil, map[string]bool{basic: true, post: true}},
		{[]string{basic}, map[string]bool{basic: true}},
		{[]string{post}, map[string]bool{post: true}},
		{[]string{none}, map[string]bool{none: true}},
	} {
		c := &Client{AuthMethods: tt.stated}
		for _, method := range []string{none, basic, post, "private_key_jwt", ""} {
			if got := c.AllowsAuthMethod(method); got != tt.want[method] {
				t.Errorf("methods %v: AllowsAuthMethod(%q) = %v", tt.stated, method, got)
			}
		}
		if got := c.Public(); got != tt.want[none] {
			t.Errorf("methods %v: Public = %v", tt.stated, got)
		}
	}
}

func TestMatchRedirectURI(t *testing.T) {
	web := &Client{RedirectURIs: []string{"https://shop.example.com/Callback", "https://shop.example.com/other"}}
	cli := &Client{RedirectURIs: []string{"http://127.0.0.1/callback", "com.example.app:/cb"}}
	for _, tt := range []struct {
		client    *Client
		presented string
		want      bool
	}{
		{web, "https://shop.example.com/Callback", true},
		{web, "https://shop.example.com/other", true},
		{web, "https://shop.example.com/callback", false},
		{web, "https://shop.example.com:443/Callback", false},
		{web, "https://shop.example.com/Callback/", false},
		{web, "https://shop.example.com/Callback?x=1", false},
		{web, "", false},
		{cli, "http://127.0.0.1:49152/callback", true},
		{cli, "http://127.0.0.1/callback", true},
		{cli, "http://[::1]:49152/callback", false},
		{cli, "http://localhost:49152/callback", false},
		{cli, "http://127.0.0.1:49152/callback/x", false},
		{cli, "com.example.app:/cb", true},
		{&Client{}, "https://shop.example.com/Callback", false},
	} {
		if got := tt.client.MatchRedirectURI(tt.presented); got != tt.want {
			t.Errorf("MatchRedirectURI(%q) = %v, want %v", tt.presented, got, tt.want)
		}
	}
}

// TestThreat006_AStoredScriptableRedirectOpensNothing: a row from other days is no way in.
func TestThreat006_AStoredScriptableRedirectOpensNothing(t *testing.T) {
	for _, uri := range []string{
		"javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:https://a/b",
		" https://a.example/", "https://a.example/*", "https://a.example/#", "https://u@a.example/", "https://a.example\\@b.example/",
		"http://shop.example.com/callback",
	} {
		for _, kind := range []string{ApplicationWeb, ApplicationNative, ""} {
			c := &Client{ApplicationType: kind, RedirectURIs: []string{uri}}
			if c.MatchRedirectURI(uri) {
				t.Errorf("%q is matched for a %q client", uri, kind)
			}
		}
	}
}
