package caddymodule

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Browsers and curl know names below localhost without asking anybody (RFC 6761 section 6.3).
func TestNamesBelowLocalhostAreThisMachine(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	issuer := "http://id.Localhost:" + at.Port()
	client, err := trustingClient(issuer, "")
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, issuer, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.Request.Host != "id.Localhost:"+at.Port() {
		t.Errorf("the provider was asked as %s", response.Request.Host)
	}
}

func TestAnIssuerThatIsNoProviderIsNamed(t *testing.T) {
	h := newHouse(t)
	nothing := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(nothing.Close)
	for name, test := range map[string]struct{ issuer, caFile, fault string }{
		"nobody there":        {nothing.URL, "", "404 Not Found"},
		"a slash too many":    {h.server.URL + "/", h.caFile, "did not match"},
		"a CA nobody trusts":  {h.server.URL, "", "--cacert names a file"},
		"a scheme is missing": {"id.example.com", "", "--issuer must be an https URL"},
	} {
		login := &terminalLogin{issuer: test.issuer, client: "cli", caFile: test.caFile, timeout: 10 * time.Second}
		err := login.run(t.Context())
		if err == nil || !strings.Contains(err.Error(), test.fault) || !strings.Contains(err.Error(), "issuer") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
