package device

import (
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/devicecode"
	"github.com/seed-5b16f944/gatehouse/op/frontchannel"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
)

// house is both endpoints over real rooms, with the public client tv and the confidential client box.
type house struct {
	*granttest.View
	t        *testing.T
	codes    *devicecode.Codes
	budgets  *devicecode.Budgets
	signIn   *signin.SignIn
	endpoint *Endpoint
}

func standard() granttest.Config {
	cfg := granttest.Standard()
	tv, box := *cfg.Clients[2], *cfg.Clients[0]
	tv.ID, tv.Name, tv.RedirectURIs, tv.GrantTypes = "tv", "Living room TV", nil, []string{oauth.GrantDeviceCode, oauth.GrantRefreshToken}
	box.ID, box.Name, box.GrantTypes = "box", "Box", []string{oauth.GrantAuthorizationCode, oauth.GrantDeviceCode}
	box.ConsentSkip = true
	cfg.Clients = append(cfg.Clients, &tv, &box)
	return cfg
}

func newHouse(t *testing.T) *house {
	t.Helper()
	return furnish(t, granttest.New(t), standard(), nil)
}

// furnish makes the endpoints over a world that may have been lived in; budgets nil are new ones.
func furnish(t *testing.T, w *granttest.World, cfg granttest.Config, budgets *devicecode.Budgets) *house {
	t.Helper()
	for _, c := range cfg.Clients {
		judged := *c
		judged.Configured = true
		if faults := judged.Check(); len(faults) > 0 && c.AllowsGrantType(oauth.GrantDeviceCode) {
			t.Fatal(faults)
		}
	}
	h := &house{View: w.View(t, cfg), t: t, budgets: budgets}
	if h.budgets == nil {
		h.budgets = devicecode.NewBudgets(w.Now, 1_000, nil)
	}
	h.codes = devicecode.New(w.Store, w.Secrets.MAC, w.Now)
	h.signIn = signin.New(signin.Deps{
		Users: h.Users, Sessions: h.Sessions, Interactions: h.Interactions, Throttle: throttle.NewJoint("login", w.Throttle, nil), Respond: h.Respond,
		FrontChannel: frontchannel.New(frontchannel.Deps{
			Issuer: granttest.Issuer, Clients: h.Registry, Sessions: h.Sessions, Interactions: h.Interactions, Respond: h.Respond, Now: w.Now,
		}),
		Issuer: granttest.Issuer, Policy: signin.Policy{Attempts: 5, Window: 15 * time.Minute},
	})
	h.endpoint = New(Deps{
		Issuer: granttest.Issuer, Store: w.Store, Authenticator: h.Authenticator, Clients: h.Registry, Users: h.Users,
		Sessions: h.Sessions, Consents: h.Consents, Interactions: h.Interactions, Resources: h.Resources, Grants: h.Grants,
		Secrets: w.Secrets, Codes: h.codes, Budgets: h.budgets, SignIn: h.signIn, Respond: h.Respond, Now: w.Now,
	})
	return h
}

// ask sends a device authorization request as a client, with parameters in pairs.
func (h *house) ask(clientID string, pairs ...string) *httptest.ResponseRecorder {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	if clientID == "tv" {
		form.Set("client_id", clientID)
	}
	r := httptest.NewRequest(http.MethodPost, granttest.Issuer+"/device_authorization", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if clientID != "tv" {
		r.SetBasicAuth(clientID, url.QueryEscape(granttest.Secret))
	}
	w := httptest.NewRecorder()
	h.endpoint.ServeHTTP(w, r)
	return w
}

// begin has a device ask for the scopes.
func (h *house) begin(clientID, scope string) response {
	h.t.Helper()
	w := h.ask(clientID, "scope", scope)
	var begun response
	if err := json.Unmarshal(w.Body.Bytes(), &begun); err != nil || w.Code != http.StatusOK {
		h.t.Fatalf("%d %s", w.Code, w.Body)
	}
	return begun
}

func (h *house) stored(begun response) *devicecode.Authorization {
	h.t.Helper()
	a, err := h.codes.ByDeviceCode(h.t.Context(), begun.DeviceCode)
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

// fetch gets the tokens that came of a yes, as the token endpoint does.
func (h *house) fetch(clientID string, begun response) (*grant.Issued, error) {
	h.t.Helper()
	a := h.stored(begun)
	if !a.Allowed() {
		h.t.Fatalf("nothing was allowed: %+v", a)
	}
	return h.Grants.Spend(h.t.Context(), h.Client(h.t, clientID), a.GrantID, a.Spending(h.Now()), grant.Narrowing{})
}

// browser keeps cookies between requests.
type browser struct {
	*granttest.Browser
	h *house
}

func (h *house) browser() *browser { return &browser{h.Browser(h.t), h} }

// at is this browser at another house.
func (b *browser) at(h *house) *browser { return &browser{b.At(h.View), h} }

func (h *house) signedIn(account string) *browser {
	h.t.Helper()
	b := h.browser()
	b.SignIn(account)
	return b
}

func (b *browser) send(r *http.Request) *httptest.ResponseRecorder {
	return b.Send(http.HandlerFunc(b.h.endpoint.Page), r)
}

func (b *browser) get(query string) *httptest.ResponseRecorder {
	return b.send(b.Request(http.MethodGet, "/device"+query, nil))
}

func (b *browser) post(pairs ...string) *httptest.ResponseRecorder {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.send(b.Request(http.MethodPost, "/device", form))
}

// follow goes where an answer leads on this page.
func (b *browser) follow(w *httptest.ResponseRecorder) *httptest.ResponseRecorder {
	b.h.t.Helper()
	query, ours := strings.CutPrefix(w.Header().Get("Location"), granttest.Issuer+"/device")
	if w.Code != http.StatusSeeOther || !ours {
		b.h.t.Fatalf("%d to %q\n%s", w.Code, w.Header().Get("Location"), w.Body)
	}
	return b.get(query)
}

// enter types a code.
func (b *browser) enter(code string) *httptest.ResponseRecorder {
	return b.post("interaction", granttest.Sealed(b.h.t, b.get("")), "user_code", code)
}

// question is the page that asks about a code.
func (b *browser) question(begun response) *httptest.ResponseRecorder {
	b.h.t.Helper()
	return b.follow(b.enter(begun.UserCode))
}

// press presses a button of the page that asks.
func (b *browser) press(page *httptest.ResponseRecorder, decision string) *httptest.ResponseRecorder {
	return b.post("interaction", granttest.Sealed(b.h.t, page), "decision", decision)
}

// says reports whether a page holds all of these.
func says(page *httptest.ResponseRecorder, texts ...string) bool {
	text := html.UnescapeString(page.Body.String())
	return !slices.ContainsFunc(texts, func(one string) bool { return !strings.Contains(text, one) })
}

// change is the configuration with one client edited.
func change(cfg granttest.Config, id string, edit func(c *client.Client)) granttest.Config {
	cfg.Clients = slices.Clone(cfg.Clients)
	for i, c := range cfg.Clients {
		if c.ID == id {
			edited := *c
			edit(&edited)
			cfg.Clients[i] = &edited
		}
	}
	return cfg
}
