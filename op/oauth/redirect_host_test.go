package oauth_test

import (
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func TestRedirectHostIsWhatTheAddressBarSays(t *testing.T) {
	for uri, want := range map[string]string{
		"https://shop.example.com/callback":      "shop.example.com",
		"https://shop.example.com:8443/callback": "shop.example.com:8443",
		"http://127.0.0.1:4711/callback":         "127.0.0.1",
		"http://[::1]:4711/callback":             "::1",
		"http://localhost:4711/callback":         "localhost",
		"com.example.app:/callback":              "com.example.app",
		"":                                       "",
		"https://a b/":                           "",
	} {
		if got := oauth.RedirectHost(uri); got != want {
			t.Errorf("%q leads to %q, want %q", uri, got, want)
		}
	}
}
