package op_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op"
)

const fingerPath = "/.well-known/webfinger?resource=acct:diana@"

func TestWebFingerIsOnTheIssuersHostByDefault(t *testing.T) {
	cfg := config()
	cfg.Issuer = "https://id.example.com/auth"
	provider := start(t, cfg, open(t, op.Location{Driver: op.DriverMemory}))
	response, body := ask(t, provider, http.MethodGet, "https://id.example.com"+fingerPath+"id.example.com", nil)
	if response.StatusCode != http.StatusOK || !strings.Contains(body, `"href":"https://id.example.com/auth"`) {
		t.Errorf("%s %s", response.Status, body)
	}
	for _, target := range []string{"https://example.com" + fingerPath + "id.example.com", "https://id.example.com/auth" + fingerPath + "id.example.com"} {
		if _, ours := provider.Handler(httptest.NewRequest(http.MethodGet, target, nil)); ours {
			t.Errorf("%s is answered", target)
		}
	}
}

func TestWebFingerIsOnTheHostsThatAreListed(t *testing.T) {
	cfg := config()
	cfg.WebFinger = []string{"example.com", "Example.org:8443"}
	provider := start(t, cfg, open(t, op.Location{Driver: op.DriverMemory}))
	for target, status := range map[string]int{
		"https://example.com" + fingerPath + "example.com":      http.StatusOK,
		"https://example.com" + fingerPath + "example.org:8443": http.StatusOK,
		"https://example.org:8443" + fingerPath + "example.org": http.StatusOK,
		"https://example.com" + fingerPath + "id.example.com":   http.StatusNotFound,
		"https://example.com/.well-known/webfinger":             http.StatusBadRequest,
	} {
		if response, body := ask(t, provider, http.MethodGet, target, nil); response.StatusCode != status {
			t.Errorf("%s: %s %s", target, response.Status, body)
		}
	}
	for _, target := range []string{
		"https://id.example.com" + fingerPath + "example.com", "https://example.org" + fingerPath + "example.com",
		"https://example.com/jwks", "https://example.com/authorize", "https://example.com/.well-known/openid-configuration",
	} {
		if _, ours := provider.Handler(httptest.NewRequest(http.MethodGet, target, nil)); ours {
			t.Errorf("%s is answered", target)
		}
	}
}

func TestFaultyHostsOfWebFinger(t *testing.T) {
	cfg := config()
	cfg.WebFinger = []string{"example.com", "*.example.com", "https://example.com"}
	faults := cfg.Check()
	if len(faults) != 2 || !strings.HasPrefix(faults[0].Error(), `webfinger: "*.example.com" is not a host`) {
		t.Errorf("%v", faults)
	}
}
