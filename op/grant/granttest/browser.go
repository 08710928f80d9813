package granttest

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/session"
)

// Browser is somebody's browser at the issuer of a View. It keeps cookies between requests.
type Browser struct {
	View    *View
	T       testing.TB
	Cookies map[string]string
	// Agent is its User-Agent, "" for none.
	Agent string
}

// Browser is a new one, in which nobody is signed in.
func (v *View) Browser(t testing.TB) *Browser {
	return &Browser{View: v, T: t, Cookies: map[string]string{}}
}

// At is this browser, cookies and all, at another View of the issuer.
func (b *Browser) At(v *View) *Browser {
	there := *b
	there.View = v
	return &there
}

// Request is what the browser sends to a path of the issuer. A form is posted from a page of the issuer.
func (b *Browser) Request(method, path string, form url.Values) *http.Request {
	r := httptest.NewRequestWithContext(b.T.Context(), method, Issuer+path, strings.NewReader(form.Encode()))
	if b.Agent != "" {
		r.Header.Set("User-Agent", b.Agent)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", Issuer)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, name := range slices.Sorted(maps.Keys(b.Cookies)) {
		r.AddCookie(&http.Cookie{Name: name, Value: b.Cookies[name]}) //nolint:gosec // attributes are for answers
	}
	return r
}

// Send sends a request to a handler and takes the answer's cookies.
func (b *Browser) Send(to http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	to.ServeHTTP(w, r)
	b.Take(w)
	return w
}

// Take keeps the cookies that an answer sets, and drops those it removes.
func (b *Browser) Take(w *httptest.ResponseRecorder) {
	for _, cookie := range w.Result().Cookies() {
		if cookie.MaxAge < 0 {
			delete(b.Cookies, cookie.Name)
			continue
		}
		b.Cookies[cookie.Name] = cookie.Value
	}
}

// SignIn signs a person in here, without a page.
func (b *Browser) SignIn(account string) {
	b.T.Helper()
	u, err := b.View.Users.Lookup(b.T.Context(), account)
	if err != nil {
		b.T.Fatal(err)
	}
	w := httptest.NewRecorder()
	if _, err := b.View.Sessions.SignIn(b.T.Context(), w, b.Request(http.MethodPost, "/login", nil), u.Account, u.Stamp(), "pwd", []string{"pwd"}); err != nil {
		b.T.Fatal(err)
	}
	b.Take(w)
}

// Session is who the provider takes the browser for; nobody fails the test.
func (b *Browser) Session() *session.Session {
	b.T.Helper()
	sess, err := b.View.Sessions.Current(b.T.Context(), b.Request(http.MethodGet, "/", nil))
	if err != nil {
		b.T.Fatal(err)
	}
	return sess
}

// IsSignedIn reports whether somebody is signed in here.
func (b *Browser) IsSignedIn() bool {
	_, err := b.View.Sessions.Current(b.T.Context(), b.Request(http.MethodGet, "/", nil))
	return err == nil
}
