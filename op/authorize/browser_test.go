package authorize_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// browser keeps cookies and follows redirects within the provider, as one would.
type browser struct {
	h       *house
	cookies map[string]string
}

func (h *house) browser() *browser { return &browser{h: h, cookies: map[string]string{}} }

// reply is what a browser ends up with.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// once sends one request and keeps the cookies of the answer.
func (b *browser) once(r *http.Request) *reply {
	b.h.t.Helper()
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.h.handler.ServeHTTP(w, r)
	if w.Code/100 == 3 && w.Code != http.StatusSeeOther {
		b.h.t.Errorf("TestMust009: a redirect by %d could send a form along", w.Code)
	}
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	return &reply{t: b.h.t, status: w.Code, header: w.Header(), body: w.Body.String()}
}

// send sends a request and follows where it leads on our own host.
func (b *browser) send(r *http.Request) *reply {
	b.h.t.Helper()
	got := b.once(r)
	for range 10 {
		if got.status != http.StatusSeeOther || !strings.HasPrefix(got.location(), issuer+"/") {
			return got
		}
		got = b.once(newRequest(http.MethodGet, got.location(), nil))
	}
	b.h.t.Fatal("redirected for ever")
	return nil
}

func (b *browser) authorize(v url.Values) *reply {
	b.h.t.Helper()
	return b.send(newRequest(http.MethodGet, issuer+"/authorize?"+v.Encode(), nil))
}

// signIn fills in the login page.
func (b *browser) signIn(page *reply, name, password string) *reply {
	b.h.t.Helper()
	page.wantPage("login")
	return b.submit(page, "username", name, "password", password)
}

// submit posts the page's form with its hidden fields and the values given.
func (b *browser) submit(page *reply, pairs ...string) *reply {
	b.h.t.Helper()
	return b.send(newRequest(http.MethodPost, page.form().action, page.filled(pairs...)))
}

func (b *browser) decide(page *reply, decision string) *reply {
	b.h.t.Helper()
	page.wantPage("consent")
	return b.submit(page, "decision", decision)
}

// signedIn is a browser in which somebody is signed in.
func (h *house) signedIn(name, password string) *browser {
	h.t.Helper()
	b := h.browser()
	b.signIn(b.send(newRequest(http.MethodGet, issuer+"/login", nil)), name, password)
	if b.cookies[sessionCookie] == "" {
		h.t.Fatal("the login did not work")
	}
	h.wait(1) // whatever comes now comes after it
	return b
}

func (r *reply) location() string { return r.header.Get("Location") }

// answer is the query that the client gets at redirectURI.
func (r *reply) answer(redirectURI string) url.Values {
	r.t.Helper()
	return r.answerAfter("?", redirectURI)
}

// fragment is what the client gets in the fragment at redirectURI, and nothing of it in the query.
func (r *reply) fragment(redirectURI string) url.Values {
	r.t.Helper()
	return r.answerAfter("#", redirectURI)
}

func (r *reply) answerAfter(mark, redirectURI string) url.Values {
	r.t.Helper()
	at, query, _ := strings.Cut(r.location(), mark)
	if want, _, _ := strings.Cut(redirectURI, "?"); r.status != http.StatusSeeOther || at != want {
		r.t.Fatalf("got %d to %q, want 303 to %q; body:\n%s", r.status, r.location(), redirectURI, r.body)
	}
	v, err := url.ParseQuery(query)
	if err != nil {
		r.t.Fatal(err)
	}
	if v.Get("iss") != issuer {
		r.t.Errorf("iss = %q in %v (RFC 9207)", v.Get("iss"), v)
	}
	return v
}

// code is the code that the client gets.
func (r *reply) code(redirectURI string) string {
	r.t.Helper()
	v := r.answer(redirectURI)
	if v.Get("code") == "" || v.Has("error") {
		r.t.Fatalf("answer = %v, want a code", v)
	}
	return v.Get("code")
}

// wantError is a refusal told to the client.
func (r *reply) wantError(redirectURI, code string) url.Values {
	r.t.Helper()
	return r.wantErrorIn(r.answer(redirectURI), code)
}

// wantErrorIn is wantError for an answer that came in whatever mode.
func (r *reply) wantErrorIn(v url.Values, code string) url.Values {
	r.t.Helper()
	if v.Get("error") != code {
		r.t.Fatalf("answer = %v, want %s", v, code)
	}
	for name := range v {
		switch name {
		case "error", "error_description", "state", "iss", "session_state", "keep":
		default:
			r.t.Errorf("an error answer carries %s", name)
		}
	}
	return v
}

// wantRefused is a page of ours that sends nobody anywhere.
func (r *reply) wantRefused(status int, code string) {
	r.t.Helper()
	if r.status != status || r.location() != "" || !strings.Contains(r.body, code) {
		r.t.Fatalf("got %d, Location %q; want the error page with %d %s; body:\n%s", r.status, r.location(), status, code, r.body)
	}
}

// wantPage tells pages by what they ask for.
func (r *reply) wantPage(name string) {
	r.t.Helper()
	marks := map[string]string{"login": `name="password"`, "consent": `name="decision"`, "select": `name="account"`, "answered": "Already answered", "continue": `name="posted"`}
	if mark := marks[name]; mark == "" || !strings.Contains(r.body, mark) {
		r.t.Fatalf("got %d, Location %q; want the %s page; body:\n%s", r.status, r.location(), name, r.body)
	}
	if r.header.Get("Cache-Control") != "no-store" || r.header.Get("Access-Control-Allow-Origin") != "" {
		r.t.Errorf("headers of the %s page: %v", name, r.header)
	}
}

type form struct {
	action string
	hidden url.Values
}

// form reads the first form of the page.
func (r *reply) form() form {
	r.t.Helper()
	doc, err := html.Parse(strings.NewReader(r.body))
	if err != nil {
		r.t.Fatal(err)
	}
	f := form{hidden: url.Values{}}
	for n := range doc.Descendants() {
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
		}
		switch {
		case n.Data == "form" && f.action == "":
			f.action = attr["action"]
		case n.Data == "input" && attr["type"] == "hidden":
			f.hidden.Add(attr["name"], attr["value"])
		}
	}
	if f.action == "" {
		r.t.Fatalf("no form on the page:\n%s", r.body)
	}
	return f
}

// filled is the page's form with values typed in.
func (r *reply) filled(pairs ...string) url.Values {
	r.t.Helper()
	v := r.form().hidden
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}
