package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// visit is a person who is signed in, and comes from the client over and over: an authorization without a page, and the
// redemption of its code.
type visit struct {
	site     site
	web      *harness.Party
	verifier string
	code     string
}

func (v *visit) next() []byte {
	if v.code != "" {
		form := url.Values{"grant_type": {"authorization_code"}, "code": {v.code}, "code_verifier": {v.verifier}, "redirect_uri": {redirectURI}}
		v.code = ""
		return v.site.post("/token", webClient, webSecret, form)
	}
	var address string
	address, v.verifier = v.web.AuthorizationURL("scope", scope, "prompt", "none")
	return v.site.get(strings.TrimPrefix(address, v.web.Issuer), "Cookie: "+v.cookies())
}

func (v *visit) took(body []byte) error {
	if strings.HasPrefix(string(body), "{") {
		_, err := readTokens(body)
		return err
	}
	location, err := url.Parse(string(body))
	if err != nil {
		return err
	}
	if v.code = location.Query().Get("code"); v.code == "" {
		return fmt.Errorf("no code in %s", body)
	}
	return nil
}

// cookies are those of the person's browser.
func (v *visit) cookies() string {
	kept := v.web.HTTP.Jar.Cookies(nil)
	sent := make([]string, 0, len(kept))
	for _, c := range kept {
		sent = append(sent, (&http.Cookie{Name: c.Name, Value: c.Value}).String())
	}
	return strings.Join(sent, "; ")
}

// visitor is the name of the i-th of them.
func visitor(i int) string { return fmt.Sprintf("visitor-%d", i) }

// visitors are their accounts, as they stand in the configuration.
func (h *house) visitors() string {
	var users strings.Builder
	for i := range h.connections {
		fmt.Fprintf(&users, "user %s {\npassword %s\n}\n", visitor(i), h.password)
	}
	return users.String()
}
