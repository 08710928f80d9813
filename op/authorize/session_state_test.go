package authorize_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/session"
)

var (
	sessionStateForm = regexp.MustCompile(`^[\w-]{43}\.[\w-]{22}\.[\w-]{43}$`)
	stateCookie      = session.StateCookie(sessionCookie)
)

// check is what the check_session_iframe says to a page of that origin.
func (b *browser) check(clientID, origin, state string) string {
	b.h.t.Helper()
	if !sessionStateForm.MatchString(state) {
		b.h.t.Errorf("session_state = %q", state)
		return "error"
	}
	digest := func(part, salt string) string {
		sum := sha256.Sum256([]byte(clientID + " " + origin + " " + part + " " + salt))
		return base64.RawURLEncoding.EncodeToString(sum[:])
	}
	parts := strings.Split(state, ".")
	of, login, _ := strings.Cut(b.cookies[stateCookie], ".")
	switch {
	case digest(of, parts[1]) != parts[2]:
		return "error"
	case digest(login, parts[1]) != parts[0]:
		return "changed"
	}
	return "unchanged"
}

// visit asks with what a browser says of a request, such as Sec-Fetch-Dest.
func (b *browser) visit(dest string, v url.Values) *reply {
	b.h.t.Helper()
	r := newRequest(http.MethodGet, issuer+"/authorize?"+v.Encode(), nil)
	r.Header.Set("Sec-Fetch-Dest", dest)
	return b.once(r)
}

func TestMust064_EveryAnswerHasTheStateOfTheLogin(t *testing.T) {
	h := newHouse(t, everyType)
	b := h.signedIn("diana", "krall")
	for name, v := range map[string]url.Values{
		"a code":             asking("every", every),
		"fragment":           asking("every", every, "response_type=code id_token"),
		"nothing":            asking("every", every, "response_type=none"),
		"no session":         asking("every", every, "prompt=none login"),
		"no response type":   asking("every", every, "response_type="),
		"a scope misspelled": asking("every", every, "scope=openid", "max_age=soon"),
		"consent":            asking("asks", asks, "prompt=none"),
	} {
		got := b.visit("document", v)
		_, answer, _ := strings.Cut(strings.Replace(got.location(), "#", "?", 1), "?")
		values, err := url.ParseQuery(answer)
		if err != nil {
			t.Fatal(err)
		}
		redirect, err := url.Parse(v.Get("redirect_uri"))
		if err != nil {
			t.Fatal(err)
		}
		origin := redirect.Scheme + "://" + redirect.Host
		if said := b.check(v.Get("client_id"), origin, values.Get("session_state")); said != "unchanged" {
			t.Errorf("%s: %s after %s", name, said, got.location())
		}
		if said := b.check(v.Get("client_id"), "https://evil.example.com", values.Get("session_state")); said != "error" {
			t.Errorf("%s: %s for another origin", name, said)
		}
	}
	form := b.visit("document", asking("every", every, "response_mode=form_post")).form()
	if !sessionStateForm.MatchString(form.hidden.Get("session_state")) {
		t.Errorf("form_post: %v", form.hidden)
	}
}

func TestMust064_NoSessionStateWhereItSaysNothing(t *testing.T) {
	h := newHouse(t, everyType)
	b := h.signedIn("diana", "krall")
	if v := b.visit("document", asking("own", own, "scope=")).answer(own); v.Has("session_state") {
		t.Errorf("plain OAuth: %v", v)
	}
	if page := b.visit("document", asking("own", "https://evil.example.com/cb")); page.status == http.StatusSeeOther || strings.Contains(page.body, "session_state") {
		t.Errorf("an unproven redirect: %d", page.status)
	}
	h.store.failReads(errors.Join(errors.New("the disk is gone"), oauth.ErrUnavailable))
	if v := b.visit("document", asking("own", own)).answer(own); v.Get("error") != "temporarily_unavailable" || v.Has("session_state") {
		t.Errorf("while the store does not answer: %v", v)
	}
}

func TestMust064_SignInAndSignOutAreAChange(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	ask := func() string {
		return b.visit("document", asking("own", own, "prompt=none")).answer(own).Get("session_state")
	}
	said := func(state, want string) {
		t.Helper()
		if got := b.check("own", "https://own.example.com", state); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	nobody := ask()
	said(nobody, "unchanged")
	b.signIn(b.send(newRequest(http.MethodGet, issuer+"/login", nil)), "diana", "krall")
	said(nobody, "changed")
	diana := ask()
	said(diana, "unchanged")
	b.signIn(b.send(newRequest(http.MethodGet, issuer+"/login?prompt=login", nil)), "diana", "krall")
	said(diana, "unchanged")

	// A frame of another site: the cookie of the session is not sent, and nothing is changed by that.
	kept := b.cookies[sessionCookie]
	delete(b.cookies, sessionCookie)
	framed := b.visit("iframe", asking("own", own, "prompt=none")).wantError(own, "login_required")
	said(framed.Get("session_state"), "unchanged")
	said(diana, "unchanged")
	b.cookies[sessionCookie] = kept

	// The session is over, by itself.
	h.wait(200 * 24 * 3600e9)
	said(diana, "unchanged")
	ask()
	said(diana, "changed")
}
