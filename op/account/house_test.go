package account

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/frontchannel"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
)

// house is an account page over real rooms, with the tokens that hang from what it shows.
type house struct {
	*granttest.View
	t        *testing.T
	endpoint *Endpoint
	signIn   *signin.SignIn
	// frontChannel is where browsers are sent when there is somebody to tell.
	frontChannel *frontchannel.Page
}

func newHouse(t *testing.T) *house {
	t.Helper()
	return furnish(t, granttest.New(t), granttest.Standard())
}

// furnish makes the page over a world that may have been lived in.
func furnish(t *testing.T, w *granttest.World, cfg granttest.Config) *house {
	t.Helper()
	h := &house{View: w.View(t, cfg), t: t}
	h.frontChannel = frontchannel.New(frontchannel.Deps{
		Issuer: granttest.Issuer, Clients: h.Registry, Sessions: h.Sessions, Interactions: h.Interactions, Respond: h.Respond, Now: w.Now,
	})
	h.signIn = signin.New(signin.Deps{
		Users: h.Users, Sessions: h.Sessions, Interactions: h.Interactions, Throttle: throttle.NewJoint("login", w.Throttle, nil), Respond: h.Respond, FrontChannel: h.frontChannel,
		Issuer: granttest.Issuer, Policy: signin.Policy{Attempts: 5, Window: 15 * time.Minute},
	})
	h.endpoint = New(Deps{
		Issuer: granttest.Issuer, EndOffline: cfg.EndOffline, Clients: h.Registry, Sessions: h.Sessions, Consents: h.Consents, Interactions: h.Interactions,
		Resources: h.Resources, SignIn: h.signIn, FrontChannel: h.frontChannel, Respond: h.Respond, Now: w.Now,
	})
	return h
}

// allow is a browser's grant to a client of what it asks for, with tokens.
func (h *house) allow(b *browser, clientID, scopes string) *grant.Issued {
	h.t.Helper()
	g := h.Remember(h.t, h.Granting(h.t, b.Session(), clientID, scopes))
	return h.Redeem(h.t, clientID, h.Authorize(h.t, g, grant.CodeRequest{}))
}

// live reports whether a guard lets the access token in, and whether the refresh token works, if there
// is one.
func (h *house) live(issued *grant.Issued) (access, refresh bool) {
	h.t.Helper()
	_, err := h.Grants.Introspect(h.t.Context(), issued.AccessToken)
	if issued.RefreshToken == "" {
		return err == nil, false
	}
	c := h.Client(h.t, issued.Grant.ClientID)
	_, rotated := h.Grants.Rotate(h.t.Context(), c, issued.RefreshToken, grant.Narrowing{})
	return err == nil, rotated == nil
}

func (h *house) wantLive(want bool, issued *grant.Issued) {
	h.t.Helper()
	access, refresh := h.live(issued)
	if access != want || refresh != (want && issued.RefreshToken != "") {
		h.t.Errorf("%s: the access token is live: %t, the refresh token: %t; want %t", issued.Grant.ClientID, access, refresh, want)
	}
}

func (h *house) consent(account, clientID string) *consent.Consent {
	h.t.Helper()
	given, err := h.Consents.Get(h.t.Context(), account, clientID)
	if err != nil {
		h.t.Fatal(err)
	}
	return given
}

// browser keeps cookies between requests.
type browser struct {
	*granttest.Browser
	h *house
}

func (h *house) browser() *browser { return &browser{h.Browser(h.t), h} }

// signedIn is a browser in which a person has signed in.
func (h *house) signedIn(account string) *browser {
	h.t.Helper()
	b := h.browser()
	b.signIn(account)
	return b
}

func (b *browser) signIn(account string) {
	b.h.t.Helper()
	w := b.login(b.Send(b.h.signIn, b.Request(http.MethodGet, "/login?prompt=login", nil)), account)
	if w.Code != http.StatusSeeOther {
		b.h.t.Fatalf("signing in as %s: %d %s", account, w.Code, w.Body)
	}
}

// login fills a login page.
func (b *browser) login(page *httptest.ResponseRecorder, account string) *httptest.ResponseRecorder {
	b.h.t.Helper()
	form := url.Values{"interaction": {granttest.Sealed(b.h.t, page)}, "username": {account}, "password": {"$plain$" + account}}
	return b.Send(b.h.signIn, b.Request(http.MethodPost, "/login", form))
}

func (b *browser) get(target string) *httptest.ResponseRecorder {
	return b.Send(b.h.endpoint, b.Request(http.MethodGet, target, nil))
}

func (b *browser) open() *httptest.ResponseRecorder { return b.get("/account") }

func (b *browser) post(form url.Values) *httptest.ResponseRecorder {
	return b.Send(b.h.endpoint, b.Request(http.MethodPost, "/account", form))
}

// press presses a button of the page.
func (b *browser) press(page *httptest.ResponseRecorder, name, value string) *httptest.ResponseRecorder {
	b.h.t.Helper()
	return b.post(url.Values{"interaction": {granttest.Sealed(b.h.t, page)}, name: {value}})
}

// follow presses a button and goes where it leads.
func (b *browser) follow(page *httptest.ResponseRecorder, name, value string) *httptest.ResponseRecorder {
	b.h.t.Helper()
	w := b.press(page, name, value)
	location := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(location, granttest.Issuer+"/account?done=") {
		b.h.t.Fatalf("%s=%s: %d to %q\n%s", name, value, w.Code, location, w.Body)
	}
	return b.get(strings.TrimPrefix(location, granttest.Issuer))
}

func lacks(t *testing.T, w *httptest.ResponseRecorder, words ...string) {
	t.Helper()
	for _, word := range words {
		if strings.Contains(w.Body.String(), word) {
			t.Errorf("the page has %q:\n%s", word, w.Body)
		}
	}
}

// with is the standard configuration after a change to its first client, web.
func with(change func(c *client.Client)) granttest.Config {
	cfg := granttest.Standard()
	change(cfg.Clients[0])
	return cfg
}

const (
	offline = "openid offline_access api:read"
	online  = "openid api:read"
)
