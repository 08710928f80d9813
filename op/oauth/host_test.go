package oauth_test

import (
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func TestPlainHost(t *testing.T) {
	for host, want := range map[string]bool{
		"shop.example.com": true, "SHOP.example.com": true, "xn--exmple-cua.org": true, "a_b.example": true, "localhost": true,
		"example.com.": true, "127.0.0.1": true, "::1": true, "2001:db8::1": true, "1a.example": true, "7.example": true, "0xg": true,
		"": false, "fe80::1%eth0": false, "exаmple.org": false, "\u202eexample.org": false, "a,b": false, "a!b": false, "a$b": false,
		"a b": false, "a%62": false, "127.1": false, "2130706433": false, "0x7f.1": false, "0x7f000001": false, "0x": false,
		"0177.0.0.1": false, "127.0.0.1.": false, "example.1": false, "256.0.0.1": false,
	} {
		if got := oauth.PlainHost(host); got != want {
			t.Errorf("%q: %v, want %v", host, got, want)
		}
	}
}

// TestThreat003_TheHostShownIsTheHostOpened: the consent page names the host of a redirect_uri, and people decide
// by it. Percent-encoded letters are decoded there into ones that look like others or turn the name around.
func TestThreat003_TheHostShownIsTheHostOpened(t *testing.T) {
	for _, uri := range []string{
		"https://ex%D0%B0mple.org/cb", "https://%E2%80%AEgro.elpmaxe/cb", "https://bank.example%E3%80%82evil.example/cb",
		"https://bank.example,evil.example/cb", "https://bank.example!evil.example/cb", "https://bank.example$evil.example/cb",
		"https://[fe80::1%25eth0]/cb", "https://127.1/cb", "https://0x7f.1/cb", "https://2130706433/cb",
		"https://shop.example.com:0/cb", "https://shop.example.com:65536/cb", "https://shop.example.com:99999/cb",
	} {
		for _, native := range []bool{false, true} {
			if oauth.CheckRedirectURI(uri, native) == nil {
				t.Errorf("%q may be registered", uri)
			}
		}
	}
}
