package harness

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// SignIn opens an authorization request as a person: it fills the login page and allows what the
// consent page asks, until an answer leaves for the client. That answer is returned: a redirect, or
// the page of form_post.
func SignIn(t testing.TB, client *http.Client, authorization, user, password string) Answer {
	t.Helper()
	answer, err := TrySignIn(client, authorization, user, password)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// TrySignIn is SignIn for many goroutines at once. What is neither a page to fill in nor a redirect is
// returned as it is; an error is no answer at all, or one that nothing can be made of.
func TrySignIn(client *http.Client, authorization, user, password string) (Answer, error) {
	first, err := http.NewRequest(http.MethodGet, authorization, nil)
	if err != nil {
		return Answer{}, err
	}
	home := originOf(first.URL)
	answer, err := do(client, first)
	for range 8 {
		if err != nil {
			return answer, err
		}
		switch {
		case answer.StatusCode == http.StatusSeeOther || answer.StatusCode == http.StatusFound:
			var location *url.URL
			if location, err = answer.Location(); err != nil {
				return answer, err
			}
			if originOf(location) != home || strings.Contains(location.RawQuery, "code=") {
				return answer, nil
			}
			answer, err = follow(client, location)
		case answer.StatusCode != http.StatusOK:
			return answer, nil
		default:
			var leaves bool
			if answer, leaves, err = fillIn(client, answer, home, user, password); leaves {
				return answer, err
			}
		}
	}
	return answer, errors.New("signing in does not end")
}

func follow(client *http.Client, location *url.URL) (Answer, error) {
	request, err := http.NewRequest(http.MethodGet, location.String(), nil)
	if err != nil {
		return Answer{}, err
	}
	return do(client, request)
}

// fillIn answers one page; leaves says that its form goes to the client.
func fillIn(client *http.Client, page Answer, home, user, password string) (answer Answer, leaves bool, err error) {
	form, err := formOf(page)
	if err != nil {
		return page, false, err
	}
	if form.Fields.Has("password") {
		answer, err = submit(client, form, "username", user, "password", password)
		return answer, false, err
	}
	if action, err := url.Parse(form.Action); err != nil || originOf(action) != home {
		return page, true, err
	}
	answer, err = submit(client, form, "decision", "allow")
	return answer, false, err
}

// Tokens signs the Person in, in a browser, for a client, has them consent, and gets the client's tokens.
func Tokens(t testing.TB, browser *http.Client, p *Party, scopes string) *Reply {
	t.Helper()
	address, verifier := p.AuthorizationURL("scope", scopes, "prompt", "consent")
	answer := SignIn(t, browser, address, Person, Password)
	location, err := answer.Location()
	if err != nil {
		t.Fatalf("%s: %v\n%s", answer.Status, err, answer.Text)
	}
	reply, err := p.Redeem(Code{Value: location.Query().Get("code"), Verifier: verifier})
	if err != nil || reply.AccessToken == "" || reply.IDToken == "" {
		t.Fatalf("%v: %v", reply, err)
	}
	return reply
}
