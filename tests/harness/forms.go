package harness

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Answer is a response whose body was read.
type Answer struct {
	*http.Response
	Text string
}

// Do sends a request and reads the whole answer.
func Do(t testing.TB, client *http.Client, request *http.Request) Answer {
	t.Helper()
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return Answer{response, string(body)}
}

// Get fetches a URL, with headers given as pairs.
func Get(t testing.TB, client *http.Client, url string, header ...string) Answer {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	setPairs(request.Header, header)
	return Do(t, client, request)
}

// Post sends a form, with headers given as pairs.
func Post(t testing.TB, client *http.Client, url string, form url.Values, header ...string) Answer {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, url, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	setPairs(request.Header, header)
	return Do(t, client, request)
}

func setPairs(header http.Header, pairs []string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		header.Add(pairs[i], pairs[i+1])
	}
}

// Form is the first form of a page: where it posts to and what its hidden fields hold.
type Form struct {
	Action string
	Fields url.Values
}

// FormOf reads the form with the most fields of a page; a page without a form fails the test.
func FormOf(t testing.TB, page Answer) Form {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page.Text))
	if err != nil {
		t.Fatal(err)
	}
	var best *Form
	for node := range root.Descendants() {
		if node.Type != html.ElementNode || node.Data != "form" {
			continue
		}
		form := readForm(t, page, node)
		if best == nil || len(form.Fields) > len(best.Fields) {
			best = &form
		}
	}
	if best == nil {
		t.Fatalf("%s %s has no form:\n%s", page.Request.URL.Path, page.Status, page.Text)
	}
	return *best
}

func readForm(t testing.TB, page Answer, node *html.Node) Form {
	t.Helper()
	action, err := page.Request.URL.Parse(attribute(node, "action"))
	if err != nil {
		t.Fatal(err)
	}
	form := Form{Action: action.String(), Fields: url.Values{}}
	for field := range node.Descendants() {
		if field.Type == html.ElementNode && field.Data == "input" && attribute(field, "name") != "" {
			form.Fields.Add(attribute(field, "name"), attribute(field, "value"))
		}
	}
	return form
}

func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// Origin is the scheme and authority of a URL, as a browser sends it with a form.
func Origin(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s://%s", u.Scheme, u.Host)
}

// Submit posts a form as a browser does, with some fields set.
func Submit(t testing.TB, client *http.Client, form Form, fields ...string) Answer {
	t.Helper()
	values := url.Values{}
	for name := range form.Fields {
		values.Set(name, form.Fields.Get(name))
	}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	return Post(t, client, form.Action, values, "Origin", Origin(t, form.Action), "Sec-Fetch-Site", "same-origin")
}

// SignIn opens an authorization request as a person: it fills the login page and allows what the
// consent page asks, until an answer leaves for the client. That answer is returned: a redirect, or
// the page of form_post.
func SignIn(t testing.TB, client *http.Client, authorization, user, password string) Answer {
	t.Helper()
	home := Origin(t, authorization)
	answer := Get(t, client, authorization)
	for range 8 {
		switch {
		case answer.StatusCode == http.StatusSeeOther || answer.StatusCode == http.StatusFound:
			location, err := answer.Location()
			if err != nil {
				t.Fatal(err)
			}
			if Origin(t, location.String()) != home || strings.Contains(location.RawQuery, "code=") {
				return answer
			}
			answer = Get(t, client, location.String())
		case answer.StatusCode != http.StatusOK:
			return answer
		default:
			form := FormOf(t, answer)
			switch {
			case form.Fields.Has("password"):
				answer = Submit(t, client, form, "username", user, "password", password)
			case Origin(t, form.Action) != home:
				return answer
			default:
				answer = Submit(t, client, form, "decision", "allow")
			}
		}
	}
	t.Fatal("signing in does not end")
	return answer
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
