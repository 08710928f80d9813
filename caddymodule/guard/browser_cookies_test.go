package guard

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// A browser takes cookies from what is public, and from the answer that opens a WebSocket, as from any other.
func TestMust080_NorInAnyOtherAnswer(t *testing.T) {
	g, _ := wiki(t, Guard{Public: []string{"/health"}})
	for name, test := range map[string]struct {
		path   string
		status int
	}{
		"public":              {"/health", http.StatusOK},
		"public, early hints": {"/health", http.StatusEarlyHints},
		"early hints":         {"/page", http.StatusEarlyHints},
		"switching protocols": {"/page", http.StatusSwitchingProtocols},
	} {
		var sent http.Header
		r, _ := request("GET", testSite+test.path, navigation("good"))
		err := g.ServeHTTP(firstHeader{httptest.NewRecorder(), &sent}, r, caddyhttp.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
			w.Header()["Set-Cookie"] = []string{testCookie + "=evil; Secure; Path=/", "theirs=1", testSiteCookie + "-visit=evil"}
			w.WriteHeader(test.status)
			return nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(sent["Set-Cookie"], "|"); got != "theirs=1" {
			t.Errorf("%s: %s", name, got)
		}
		if private := sent["Vary"] != nil || sent["Cache-Control"] != nil; private {
			t.Errorf("%s: %v", name, sent)
		}
	}
}

// firstHeader keeps the headers of the first answer that is written, be it 1xx.
type firstHeader struct {
	http.ResponseWriter
	sent *http.Header
}

func (w firstHeader) WriteHeader(status int) {
	if *w.sent == nil {
		*w.sent = w.Header().Clone()
	}
	w.ResponseWriter.WriteHeader(status)
}

// Where a guard shares its host with the provider, whoever it takes, or nobody can tell what host that is.
func TestMust080_OnTheHostOfTheProviderToo(t *testing.T) {
	for audience, kept := range map[string]bool{"https://id.example.com:8443/api": true, "urn:example:api": true, "https://api.example.com": false} {
		g := assembled(t, Guard{Audience: audience}, newFakeProvider())
		if got := len(g.reserved) > 0; got != kept {
			t.Errorf("%s: %t", audience, got)
		}
	}
}
