package authorize

import (
	"net/url"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Whoever runs the provider cannot mend a redirect_uri without knowing which one came. Threat 117: what may
// hold a secret stays out of the log.
func TestThreat117_TheLogNamesTheRedirectURIThatWasSent(t *testing.T) {
	for sent, logged := range map[string]string{
		"http://127.0.0.1:5000/cb":                                 `it was "http://127.0.0.1:5000/cb"`,
		"https://shop.example.com/cb?token=hidden":                 `it was "https://shop.example.com/cb…"`,
		"https://shop.example.com/cb#token=hidden":                 `it was "https://shop.example.com/cb…"`,
		"https://shop.example.com/a\r\nb":                          `it was "https://shop.example.com/a\r\nb"`,
		"https://shop.example.com/" + strings.Repeat("hidden", 99): `it was "https://shop.example.com/` + strings.Repeat("hidden", 29) + "h…",
	} {
		params, err := oauth.NewParams(url.Values{paramRedirectURI: {sent}})
		if err != nil {
			t.Fatal(err)
		}
		q := &request{params: params, client: &client.Client{RedirectURIs: []string{"https://shop.example.com/cb"}}}
		told := oauth.AsError(registeredRedirectURI(t.Context(), nil, q))
		if told.Cause == nil || !strings.HasPrefix(told.Cause.Error(), logged) {
			t.Errorf("%s: logged %v", sent, told.Cause)
		}
		if told.Description != "redirect_uri is not registered" {
			t.Errorf("%s: the person is told %q", sent, told.Description)
		}
	}
}
