package flow

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// forwarding are headers by which a proxy says what it was asked; nobody here is a trusted proxy.
var forwarding = []string{
	"X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "http", "X-Forwarded-Port", "1", "X-Forwarded-For", "203.0.113.9", "X-Forwarded-Prefix", "/evil",
	"Forwarded", "for=203.0.113.9;host=evil.example;proto=http", "X-Original-Host", "evil.example", "X-Original-URL", "/evil", "X-Rewrite-URL", "/evil", "X-Host", "evil.example",
}

func TestMust081_TheIssuerIsWhatTheConfigurationSays(t *testing.T) {
	h := shared(t)
	for _, path := range []string{"/.well-known/openid-configuration", "/jwks", "/.well-known/oauth-authorization-server"} {
		plain, forwarded := harness.Get(t, h.back, h.issuer+path), harness.Get(t, h.back, h.issuer+path, forwarding...)
		if forwarded.StatusCode != http.StatusOK || forwarded.Text != plain.Text {
			t.Errorf("%s: %s %s", path, forwarded.Status, forwarded.Text)
		}
		request, err := http.NewRequest(http.MethodGet, h.issuer+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = "evil.example"
		if other := harness.Do(t, h.back, request); strings.Contains(other.Text, "issuer") || strings.Contains(other.Text, "evil") {
			t.Errorf("%s under another host: %s %s", path, other.Status, other.Text)
		}
	}
	address, _ := h.authorization("web", "scope", "openid", "prompt", "none")
	if got := heard(t, harness.Get(t, h.back, address, forwarding...)); got.Get("iss") != h.issuer {
		t.Errorf("an authorization response: %v", got)
	}
	address, _ = h.authorization("web", "scope", "openid")
	page := harness.Get(t, h.Client(t), address, forwarding...)
	if strings.Contains(page.Text, "evil") || !strings.HasPrefix(harness.FormOf(t, page).Action, h.issuer) {
		t.Errorf("the login page:\n%s", page.Text)
	}
	for _, host := range []string{"LOCALHOST", "localhost."} { // one host, however it is spelled
		request, err := http.NewRequest(http.MethodGet, h.issuer+"/jwks", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = strings.Replace(h.host(h.issuer), "localhost", host, 1)
		if got := harness.Do(t, h.back, request); got.StatusCode == http.StatusOK && got.Text != "" && !strings.Contains(got.Text, `"keys"`) {
			t.Errorf("%s: %s %s", request.Host, got.Status, got.Text)
		}
	}
}
