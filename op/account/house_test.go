package account

import (
	"bytes"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/frontchannel"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// house is an account page over real rooms, with the tokens that hang from what it shows.
type house struct {
	*granttest.View
	t        *testing.T
	log      bytes.Buffer
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
	secrets, err := keys.OpenSecrets(t.Context(), w.Store, nil)
	if err != nil {
		t.Fatal(err)
	}
	pages, err := web.NewPages(nil)
	if err != nil {
		t.Fatal(err)
	}
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.Lock(zapcore.AddSync(&h.log)), zap.DebugLevel)
	h.Respond = web.NewResponder(zap.New(core), pages)
	sealer := interaction.New(secrets, granttest.Issuer, "__Host-gatehouse-test-browser", 30*time.Minute, w.Now)
	h.frontChannel = frontchannel.New(frontchannel.Deps{
		Issuer: granttest.Issuer, Clients: h.Registry, Sessions: h.Sessions, Interactions: sealer, Respond: h.Respond, Now: w.Now,
	})
	h.signIn = signin.New(signin.Deps{
		Users: h.Users, Sessions: h.Sessions, Interactions: sealer, Throttle: w.Throttle, Respond: h.Respond, FrontChannel: h.frontChannel,
		Issuer: granttest.Issuer, Policy: signin.Policy{Attempts: 5, Window: 15 * time.Minute},
	})
	h.endpoint = New(Deps{
		Issuer: granttest.Issuer, EndOffline: cfg.EndOffline, Clients: h.Registry, Sessions: h.Sessions, Consents: h.Consents, Interactions: sealer,
		Resources: h.Resources, SignIn: h.signIn, FrontChannel: h.frontChannel, Respond: h.Respond, Now: w.Now,
	})
	return h
}

// allow is a browser's grant to a client of what it asks for, with tokens.
func (h *house) allow(b *browser, clientID, scopes string) *grant.Issued {
	h.t.Helper()
	g := h.Remember(h.t, h.Granting(h.t, b.session(), clientID, scopes))
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
	h       *house
	cookies map[string]string
	agent   string
}

func (h *house) browser() *browser { return &browser{h: h, cookies: map[string]string{}} }

// signedIn is a browser in which a person has signed in.
func (h *house) signedIn(account string) *browser {
	h.t.Helper()
	b := h.browser()
	b.signIn(account)
	return b
}

func (b *browser) signIn(account string) {
	b.h.t.Helper()
	w := b.login(b.send(b.h.signIn, b.request(http.MethodGet, "/login?prompt=login", nil)), account)
	if w.Code != http.StatusSeeOther {
		b.h.t.Fatalf("signing in as %s: %d %s", account, w.Code, w.Body)
	}
}

// login fills a login page.
func (b *browser) login(page *httptest.ResponseRecorder, account string) *httptest.ResponseRecorder {
	b.h.t.Helper()
	form := url.Values{"interaction": {sealed(b.h.t, page)}, "username": {account}, "password": {"$plain$" + account}}
	return b.send(b.h.signIn, b.request(http.MethodPost, "/login", form))
}

func (b *browser) request(method, target string, form url.Values) *http.Request {
	r := httptest.NewRequest(method, granttest.Issuer+target, strings.NewReader(form.Encode()))
	r.Header.Set("User-Agent", b.agent)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", granttest.Issuer)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, name := range slices.Sorted(maps.Keys(b.cookies)) {
		r.AddCookie(&http.Cookie{Name: name, Value: b.cookies[name]})
	}
	return r
}

func (b *browser) send(to http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	to.ServeHTTP(w, r)
	for _, cookie := range w.Result().Cookies() {
		if cookie.MaxAge < 0 {
			delete(b.cookies, cookie.Name)
			continue
		}
		b.cookies[cookie.Name] = cookie.Value
	}
	return w
}

func (b *browser) get(target string) *httptest.ResponseRecorder {
	return b.send(b.h.endpoint, b.request(http.MethodGet, target, nil))
}

func (b *browser) open() *httptest.ResponseRecorder { return b.get("/account") }

func (b *browser) post(form url.Values) *httptest.ResponseRecorder {
	return b.send(b.h.endpoint, b.request(http.MethodPost, "/account", form))
}

// press presses a button of the page.
func (b *browser) press(page *httptest.ResponseRecorder, name, value string) *httptest.ResponseRecorder {
	b.h.t.Helper()
	return b.post(url.Values{"interaction": {sealed(b.h.t, page)}, name: {value}})
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

// session is who the provider takes the browser for; nobody fails the test.
func (b *browser) session() *session.Session {
	b.h.t.Helper()
	sess, err := b.h.Sessions.Current(b.h.t.Context(), b.request(http.MethodGet, "/", nil))
	if err != nil {
		b.h.t.Fatal(err)
	}
	return sess
}

func (b *browser) isSignedIn() bool {
	_, err := b.h.Sessions.Current(b.h.t.Context(), b.request(http.MethodGet, "/", nil))
	return err == nil
}

var hidden = regexp.MustCompile(`name="interaction" value="([^"]+)"`)

func sealed(t *testing.T, page *httptest.ResponseRecorder) string {
	t.Helper()
	found := hidden.FindStringSubmatch(page.Body.String())
	if found == nil {
		t.Fatalf("no interaction in a %d page: %s", page.Code, page.Body)
	}
	return found[1]
}

// wantPage checks status and title of a page, and the words it has.
func wantPage(t *testing.T, w *httptest.ResponseRecorder, status int, title string, words ...string) {
	t.Helper()
	body := w.Body.String()
	if w.Code != status || !strings.Contains(body, "<title>"+title+" · ") {
		t.Fatalf("got %d, want %d %q:\n%s", w.Code, status, title, body)
	}
	for _, word := range words {
		if !strings.Contains(body, word) {
			t.Errorf("the page lacks %q:\n%s", word, body)
		}
	}
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
