package guard

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// shopScopes are all scopes of the shop, which the client app may have.
const shopScopes = "shop orders:read orders:write vault"

// world is a provider and guarded sites before an upstream that keeps what it is asked.
type world struct {
	*harness.Caddy
	t     testing.TB
	house *harness.House
	api   string // the origin of the guarded site
	extra string // of one more, without TLS, for who wants it
	up    *upstream
	http  *http.Client
}

// plan is what a test wants of its Caddy. @API@, @EXTRA@, @ISSUER@ and @UPSTREAM@ are filled in.
type plan struct {
	global   string // more global options
	provider string // more of the provider's block
	idSite   string // more of the provider's site
	sites    string // what is guarded
}

// build starts a Caddy and waits until the provider answers.
func build(t testing.TB, p plan) *world {
	t.Helper()
	w := &world{t: t, up: newUpstream(t)}
	w.api = fmt.Sprintf("https://localhost:%d", harness.Port(t))
	w.extra = fmt.Sprintf("http://localhost:%d", harness.Port(t))
	w.house = harness.NewHouse(t, 0).With(func(h *harness.House) { h.Global = p.global })
	options, sites := w.config(p)
	w.Caddy = harness.Start(t, options, sites)
	w.http = w.Client(t)
	harness.Reach(t, w.http, w.house.Issuer()+"/jwks")
	harness.Reach(t, w.http, w.api)
	return w
}

// config is the configuration of a plan.
func (w *world) config(p plan) (options, sites string) {
	fill := strings.NewReplacer("@API@", w.api, "@EXTRA@", w.extra, "@ISSUER@", w.house.Issuer(), "@UPSTREAM@", w.up.address).Replace
	house := w.house.With(func(h *harness.House) {
		h.Provider = fmt.Sprintf(`client app {
			secret %s
			redirect_uris %s
			grant_types authorization_code refresh_token client_credentials
			scopes openid offline_access %s
			consent skip
		}
		%s`, harness.WebSecret, harness.HouseRedirect, shopScopes, fill(p.provider))
	})
	return house.Options() + "\n", fill(fmt.Sprintf(`%s {
		bind 127.0.0.1
		tls internal
		openid_provider main
		%s
	}
	%s`, w.house.Issuer(), p.idSite, p.sites))
}

// party is a client of the provider in a browser of its own.
func (w *world) party(id string) *harness.Party {
	p := w.house.Web(w.Client(w.t))
	p.ID = id
	return p
}

// token is one that the client app has for itself.
func (w *world) token(scope string) string {
	w.t.Helper()
	reply, err := w.party("app").ForItself("scope", scope, "resource", w.api)
	if err != nil || reply.AccessToken == "" {
		w.t.Fatalf("%v, %s", err, reply)
	}
	return reply.AccessToken
}

// signedIn is a token of the person for the client app, who signs in if the provider asks for it.
func (w *world) signedIn(browser *http.Client, parameters ...string) string {
	w.t.Helper()
	app := w.house.Web(browser)
	app.ID = "app"
	address, verifier := app.AuthorizationURL(append([]string{"resource", w.api}, parameters...)...)
	answer := harness.SignIn(w.t, browser, address, harness.Person, harness.Password)
	location, err := answer.Location()
	if err != nil {
		w.t.Fatalf("%s: %v\n%s", answer.Status, err, answer.Text)
	}
	reply, err := app.Redeem(harness.Code{Value: location.Query().Get("code"), Verifier: verifier})
	if err != nil || reply.AccessToken == "" {
		w.t.Fatalf("%v, %s, %s", err, reply, location)
	}
	return reply.AccessToken
}

// ask sends a request to the guarded site with a token, "" for none.
func (w *world) ask(method, path, token string, header ...string) harness.Answer {
	w.t.Helper()
	request, err := http.NewRequest(method, w.api+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Add(header[i], header[i+1])
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return harness.Do(w.t, w.http, request)
}

// upstream answers everything with 200 and keeps the requests.
type upstream struct {
	address string
	mu      sync.Mutex
	visits  []*http.Request
}

func newUpstream(t testing.TB) *upstream {
	t.Helper()
	u := new(upstream)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		u.mu.Lock()
		u.visits = append(u.visits, r)
		u.mu.Unlock()
		_, _ = io.WriteString(w, "upstream")
	}))
	t.Cleanup(server.Close)
	u.address = strings.TrimPrefix(server.URL, "http://")
	return u
}

// hits is how many requests have arrived.
func (u *upstream) hits() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.visits)
}

// last is the request that arrived last.
func (u *upstream) last(t testing.TB) *http.Request {
	t.Helper()
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.visits) == 0 {
		t.Fatal("nothing has reached the upstream")
	}
	return u.visits[len(u.visits)-1]
}
