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
	answer, err := do(client, request)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func do(client *http.Client, request *http.Request) (Answer, error) {
	response, err := client.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return Answer{response, string(body)}, err
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
	answer, err := post(client, url, form, header...)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func post(client *http.Client, url string, form url.Values, header ...string) (Answer, error) {
	request, err := http.NewRequest(http.MethodPost, url, strings.NewReader(form.Encode()))
	if err != nil {
		return Answer{}, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	setPairs(request.Header, header)
	return do(client, request)
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
	form, err := formOf(page)
	if err != nil {
		t.Fatal(err)
	}
	return form
}

func formOf(page Answer) (Form, error) {
	root, err := html.Parse(strings.NewReader(page.Text))
	if err != nil {
		return Form{}, err
	}
	var best *Form
	for node := range root.Descendants() {
		if node.Type != html.ElementNode || node.Data != "form" {
			continue
		}
		form, err := readForm(page, node)
		if err != nil {
			return Form{}, err
		}
		if best == nil || len(form.Fields) > len(best.Fields) {
			best = &form
		}
	}
	if best == nil {
		return Form{}, fmt.Errorf("%s %s has no form:\n%s", page.Request.URL.Path, page.Status, page.Text)
	}
	return *best, nil
}

func readForm(page Answer, node *html.Node) (Form, error) {
	action, err := page.Request.URL.Parse(attribute(node, "action"))
	if err != nil {
		return Form{}, err
	}
	form := Form{Action: action.String(), Fields: url.Values{}}
	for field := range node.Descendants() {
		if field.Type == html.ElementNode && field.Data == "input" && attribute(field, "name") != "" {
			form.Fields.Add(attribute(field, "name"), attribute(field, "value"))
		}
	}
	return form, nil
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
	return originOf(u)
}

func originOf(u *url.URL) string { return fmt.Sprintf("%s://%s", u.Scheme, u.Host) }

// Submit posts a form as a browser does, with some fields set.
func Submit(t testing.TB, client *http.Client, form Form, fields ...string) Answer {
	t.Helper()
	answer, err := submit(client, form, fields...)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func submit(client *http.Client, form Form, fields ...string) (Answer, error) {
	action, err := url.Parse(form.Action)
	if err != nil {
		return Answer{}, err
	}
	values := url.Values{}
	for name := range form.Fields {
		values.Set(name, form.Fields.Get(name))
	}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	return post(client, form.Action, values, "Origin", originOf(action), "Sec-Fetch-Site", "same-origin")
}
