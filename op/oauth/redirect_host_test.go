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
		"com.example.app:/callback":              "com.example.app:",
		"com.example.app://bank.example/cb":      "com.example.app:",
		"accounts.bank.example:/cb":              "accounts.bank.example:",
		"":                                       "",
		"https://a b/":                           "",
	} {
		if got := oauth.RedirectHost(uri); got != want {
			t.Errorf("%q leads to %q, want %q", uri, got, want)
		}
	}
}

// TestThreat003_NoAppLooksLikeAHost: whoever registers an app chooses its scheme and what stands behind it.
func TestThreat003_NoAppLooksLikeAHost(t *testing.T) {
	for uri, want := range map[string]bool{
		"accounts.bank.example:/cb": true, "com.example.app://bank.example/cb": true, "com.example.app://bank.example:443/cb": true,
		"http://127.0.0.1:1/cb": true, "http://[::1]/cb": true, "http://localhost/cb": true,
		"https://bank.example/cb": false, "https://bank.example:8443/cb": false, "https://bank.example.:443/": false, "": false,
	} {
		if host := oauth.RedirectHost(uri); oauth.OnDevice(host) != want {
			t.Errorf("%q, shown as %q: %v, want %v", uri, host, !want, want)
		}
	}
}
