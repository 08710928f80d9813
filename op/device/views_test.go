package device

import (
	"net/http/httptest"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/client"
)

// TestThreat114_NobodyStandsAsAnothersDevice: no answer goes to a redirect URI from here, so one that a client has
// registered itself says nothing of it.
func TestThreat114_NobodyStandsAsAnothersDevice(t *testing.T) {
	bank := []string{"http://127.0.0.1/cb", "com.example.app:/cb", "https://accounts.bank.example/cb", "https://evil.example/cb"}
	for name, test := range map[string]struct {
		client     client.Client
		host, lies string
	}{
		"configured":            {client.Client{ID: "tv", RedirectURIs: bank, Configured: true}, "accounts.bank.example", ""},
		"configured, by a URL":  {client.Client{ID: "https://app.example/c", RedirectURIs: bank, Configured: true}, "accounts.bank.example", ""},
		"on the device alone":   {client.Client{ID: "tv", RedirectURIs: bank[:2], Configured: true}, "", ""},
		"registered":            {client.Client{ID: "c_1", RedirectURIs: bank}, "", ""},
		"registered, one of it": {client.Client{ID: "c_1", RedirectURIs: bank[2:3]}, "", ""},
		"described":             {client.Client{ID: "https://app.example/c", RedirectURIs: bank}, "app.example", "app.example"},
		"described, no URI":     {client.Client{ID: "https://app.example:8443/c"}, "app.example:8443", "app.example:8443"},
	} {
		told := introduce(httptest.NewRequest("GET", "https://id.example/device", nil), &test.client)
		if told.RedirectHost != test.host || told.ClientHost != test.lies || told.Unchecked == test.client.Configured {
			t.Errorf("%s: %+v", name, told)
		}
	}
}
