package site

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/frontchannel"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
)

// The sites of a house: near is on the issuer's host, wiki and shop are not.
var (
	near = Site{Audience: "https://id.example:8443", URL: "https://id.example:8443"}
	wiki = Site{Audience: "https://wiki.example", URL: "https://wiki.example"}
	shop = Site{Audience: "urn:example:shop", URL: "https://shop.example/app"}
)

const (
	providerCookie = "__Host-gatehouse-test-session"
	life           = granttest.Interacting
)

// house is the sites of one provider over real rooms.
type house struct {
	*granttest.View
	*Sites
	t *testing.T
}

func newHouse(t *testing.T) *house { return furnish(t, granttest.New(t), granttest.Standard()) }

func furnish(t *testing.T, w *granttest.World, cfg granttest.Config) *house {
	t.Helper()
	h := &house{View: w.View(t, cfg), t: t}
	interactions := h.View.Interactions
	login := signin.New(signin.Deps{
		Users: h.Users, Sessions: h.View.Sessions, Interactions: interactions, Throttle: throttle.NewJoint("login", throttle.New(w.Now, 100), nil),
		Respond: h.View.Respond, Issuer: granttest.Issuer, Policy: signin.Policy{Attempts: 5, Window: time.Minute},
		FrontChannel: frontchannel.New(frontchannel.Deps{
			Issuer: granttest.Issuer, Clients: h.Registry, Sessions: h.View.Sessions, Interactions: interactions, Respond: h.View.Respond, Now: w.Now,
		}),
	})
	var err error
	h.Sites, err = New(Deps{
		Issuer: granttest.Issuer, Provider: "test", Sites: []Site{near, wiki, shop}, Life: life,
		Store: w.Store, Generations: w.Generations, Secrets: w.Secrets, Resources: h.Resources, Users: h.Users, Sessions: h.View.Sessions,
		Interactions: interactions, SignIn: login, Respond: h.View.Respond, Now: w.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// browser keeps the cookies of each host.
type browser struct {
	h       *house
	cookies map[string]map[string]string
}

func (h *house) browser() *browser { return &browser{h: h, cookies: map[string]map[string]string{}} }

// request is what the browser sends to an address.
func (b *browser) request(method, address string, form url.Values) *http.Request {
	b.h.t.Helper()
	r := httptest.NewRequest(method, address, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	kept := b.cookies[r.URL.Hostname()]
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		r.AddCookie(&http.Cookie{Name: name, Value: kept[name]})
	}
	return r
}

func (b *browser) take(r *http.Request, w *httptest.ResponseRecorder) {
	host := r.URL.Hostname()
	if b.cookies[host] == nil {
		b.cookies[host] = map[string]string{}
	}
	for _, cookie := range w.Result().Cookies() {
		b.cookies[host][cookie.Name] = cookie.Value
	}
}

// signIn signs somebody in at the provider, by whatever form.
func (b *browser) signIn(account string) {
	b.h.t.Helper()
	u, err := b.h.Users.Lookup(b.h.t.Context(), account)
	if err != nil {
		b.h.t.Fatal(err)
	}
	r, w := b.request(http.MethodPost, granttest.Issuer+"/login", nil), httptest.NewRecorder()
	if _, err := b.h.View.Sessions.SignIn(b.h.t.Context(), w, r, u.Account, u.Stamp(), "pwd", []string{"pwd"}); err != nil {
		b.h.t.Fatal(err)
	}
	b.take(r, w)
}

// begin begins at a site and returns the address of the provider.
func (b *browser) begin(at Site, wish Wish) string {
	b.h.t.Helper()
	r, w := b.request(http.MethodGet, at.URL+"/", nil), httptest.NewRecorder()
	location, err := b.h.Begin(w, r, at.Audience, wish)
	if err != nil {
		b.h.t.Fatal(err)
	}
	b.take(r, w)
	return location
}

// visit goes to an address of the provider.
func (b *browser) visit(address string) *httptest.ResponseRecorder {
	b.h.t.Helper()
	r, w := b.request(http.MethodGet, address, nil), httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	b.take(r, w)
	return w
}

// come goes to the provider and wants to be sent back; it returns the code.
func (b *browser) come(at Site, wish Wish) string {
	b.h.t.Helper()
	w := b.visit(b.begin(at, wish))
	code, ok := strings.CutPrefix(w.Header().Get("Location"), at.URL+EnterPath+"?code=")
	if w.Code != http.StatusSeeOther || !ok {
		b.h.t.Fatalf("%d to %q\n%s", w.Code, w.Header().Get("Location"), w.Body)
	}
	return code
}

// enter shows a code to a site.
func (b *browser) enter(at Site, code string) (string, error) {
	b.h.t.Helper()
	r, w := b.request(http.MethodGet, at.URL+EnterPath, nil), httptest.NewRecorder()
	location, err := b.h.Enter(w, r, at.Audience, code)
	b.take(r, w)
	return location, err
}

// arrive signs the browser in at a site and returns its cookie there.
func (b *browser) arrive(at Site) string {
	b.h.t.Helper()
	if _, err := b.enter(at, b.come(at, Wish{Path: "/"})); err != nil {
		b.h.t.Fatal(err)
	}
	return b.cookie(at)
}

// cookie is what the browser would show to a site.
func (b *browser) cookie(at Site) string {
	u, err := url.Parse(at.URL)
	if err != nil {
		b.h.t.Fatal(err)
	}
	name := CookieName("test", at)
	if at.OnHostOf(granttest.Issuer) {
		name = providerCookie
	}
	return b.cookies[u.Hostname()][name]
}

// at is a browser that is signed in at a site, and its cookie.
func (h *house) at(s Site, account string) (*browser, string) {
	h.t.Helper()
	b := h.browser()
	b.signIn(account)
	if s.OnHostOf(granttest.Issuer) {
		return b, b.cookie(s)
	}
	return b, b.arrive(s)
}

// login fills the login page that w is, and returns where that leads.
func (b *browser) login(w *httptest.ResponseRecorder, name string) string {
	b.h.t.Helper()
	form := url.Values{"interaction": {granttest.Sealed(b.h.t, w)}, "username": {name}, "password": {"$plain$" + name}}
	r, answer := b.request(http.MethodPost, granttest.Issuer+"/login", form), httptest.NewRecorder()
	b.h.Sites.SignIn.ServeHTTP(answer, r)
	b.take(r, answer)
	return answer.Header().Get("Location")
}

func everySite(t *testing.T, run func(t *testing.T, h *house, at Site)) {
	for name, at := range map[string]Site{"the issuer's host": near, "another host": wiki, "another audience": shop} {
		t.Run(name, func(t *testing.T) { run(t, newHouse(t), at) })
	}
}
