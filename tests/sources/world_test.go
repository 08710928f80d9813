package sources

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

// upstream counts what reaches it and keeps the headers of the last request.
type upstream struct {
	address string
	mu      sync.Mutex
	hits    int
	last    http.Header
}

func newUpstream(t *testing.T) *upstream {
	t.Helper()
	u := &upstream{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u.mu.Lock()
		u.hits++
		u.last = r.Header.Clone()
		u.mu.Unlock()
		_, _ = io.WriteString(w, "upstream")
	}))
	t.Cleanup(server.Close)
	u.address = strings.TrimPrefix(server.URL, "http://")
	return u
}

func (u *upstream) seen() (int, http.Header) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.hits, u.last
}

// gate is a Caddy without a provider of its own, with one site in front of the upstream.
type gate struct {
	*harness.Caddy
	site string
	up   *upstream
}

// newGate starts a Caddy whose guard has the audience of a House and these lines; @SITE@ is its origin.
func newGate(t *testing.T, guard string, env ...string) *gate {
	t.Helper()
	g := &gate{site: fmt.Sprintf("http://127.0.0.1:%d", harness.Port(t)), up: newUpstream(t)}
	options, sites := g.config(guard)
	g.Caddy = harness.Start(t, options, sites, env...)
	return g
}

func (g *gate) config(guard string) (options, sites string) {
	return "", fmt.Sprintf(`%s {
	openid_guard {
		audience %s
		scopes %s
		header X-User-Id sub
		header X-Client-Id client_id
		header X-Issuer iss
		%s
	}
	reverse_proxy %s
}
`, g.site, harness.HouseAudience, harness.HouseScope, strings.ReplaceAll(guard, "@SITE@", g.site), g.up.address)
}

// call asks the site with a token, and gives the status and how much of it reached the upstream.
func (g *gate) call(t *testing.T, token string) (status, hits int) {
	t.Helper()
	before, _ := g.up.seen()
	answer := harness.Get(t, http.DefaultClient, g.site+"/orders", "Authorization", "Bearer "+token)
	after, _ := g.up.seen()
	return answer.StatusCode, after - before
}

// wants fails unless the call ends with status, and reaches the upstream only if that is 200.
func (g *gate) wants(t *testing.T, what, token string, status int) {
	t.Helper()
	got, hits := g.call(t, token)
	if got != status || (hits == 1) != (status == http.StatusOK) || hits > 1 {
		t.Errorf("%s: status %d, want %d; %d requests reached the upstream", what, got, status, hits)
	}
}

// away is a Caddy with a provider, whose own guard makes it give tokens for the audience of a House.
type away struct {
	*harness.House
	caddy *harness.Caddy
}

func newAway(t *testing.T, provider string) *away {
	t.Helper()
	house := harness.NewHouse(t, harness.Port(t)).With(func(h *harness.House) { h.Provider = provider })
	return &away{House: house, caddy: house.Start(t, t.TempDir())}
}

// outbound lets a guard reach it.
func (a *away) outbound() string {
	return "outbound {\nallow 127.0.0.1 ::1\ntrust_pool file " + a.caddy.RootFile() + "\n}"
}

// token is one of the client that acts for itself.
func (a *away) token(t *testing.T) string {
	t.Helper()
	reply, err := a.Service(a.caddy.Client(t)).ForItself("scope", harness.HouseScope)
	if err != nil || reply.AccessToken == "" {
		t.Fatal(reply, err)
	}
	return reply.AccessToken
}
