package guard

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
)

//go:embed browser_page.html
var pageText string

//go:embed browser_page.css
var pageStyle template.CSS

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// pagePolicy allows the page its own style, by digest, and nothing else.
var pagePolicy = func() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
}()

// page is what a person reads who may not pass. Its words are ours; only the name is theirs.
type page struct {
	Title, Text string
	// Name is who is signed in, "" for nobody.
	Name string
	// Link leads on, and Label says where. Apart opens it in another tab, so that what was sent stays in this one.
	Link, Label string
	Apart       bool
	Style       template.CSS
}

// pageOf is the page for a refusal, if there is one: not for what a person can do nothing about.
func (g *Guard) pageOf(d decision) (page, bool) {
	login := g.browser.base + loginPath
	switch {
	case d.signsIn && d.refusal == &d.route.stepUp:
		return page{
			Title: "Sign in again",
			Text: "Nothing was done: it needs a sign-in that is more recent, or another one. Sign in in another tab, then come " +
				"back to this one and reload it: your browser still has what you sent, and offers to send it again.",
			Link: login + "?prompt=login", Label: "Sign in in another tab", Apart: true,
		}, true
	case d.signsIn:
		return page{
			Title: "You are signed out",
			Text: "Nothing was done. Sign in in another tab, then come back to this one and reload it: " +
				"your browser still has what you sent, and offers to send it again.",
			Link: login, Label: "Sign in in another tab", Apart: true,
		}, true
	}
	switch d.refusal {
	case &g.refusals.foreign:
		return page{
			Title: "Nothing was done",
			Text:  "A page of another site sent this. If it was you who wanted it, do it from here.",
			Link:  g.browser.base + "/", Label: "Go on",
		}, true
	case &g.refusals.notAllowed:
		name := ""
		if d.token != nil {
			name = d.token.Username
		}
		return page{
			Title: "You have no access", Name: name,
			Text: "You are signed in, but whoever runs this site has not let you in. Ask them, or sign in as somebody else.",
			Link: login + "?prompt=login", Label: "Sign in as somebody else",
		}, true
	case &g.refusals.notEntered:
		return page{
			Title: "Signing in did not work",
			Text: "It was begun in another browser, took too long, or was finished before. " +
				"If it happens again, allow cookies for this site.",
			Link: login, Label: "Start again",
		}, true
	}
	return page{}, false
}

// write writes the page, made whole before a byte of it is sent. The headers of the refusal are set already.
func (p page) write(w http.ResponseWriter, status int) error {
	p.Style = pageStyle
	var body bytes.Buffer
	if err := pageTemplate.Execute(&body, p); err != nil {
		return err
	}
	h := w.Header()
	h["Content-Type"] = []string{"text/html; charset=utf-8"}
	h["Content-Security-Policy"] = []string{pagePolicy}
	h["X-Content-Type-Options"] = []string{"nosniff"}
	h["Referrer-Policy"] = []string{"no-referrer"}
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a write that fails has lost its reader
	return nil
}
