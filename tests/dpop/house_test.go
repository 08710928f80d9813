package dpop

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const appRedirect = "https://app.example/callback"

// world is a Caddy with a provider and a guard, before an upstream that keeps what reaches it.
type world struct {
	*harness.House
	caddy  *harness.Caddy
	client *http.Client

	mu   sync.Mutex
	seen []http.Header
}

// open starts one, with more lines in the provider's and in the guard's block.
func open(t *testing.T, provider, guard string) *world {
	t.Helper()
	w := &world{}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	w.House = harness.NewHouse(t, port)
	w.Store = filepath.Join(dir, "state", "main.db")
	w.Provider = fmt.Sprintf(`client app {
		auth none
		redirect_uris %s
		scopes openid %s
		consent skip
		refresh always
	}
	%s`, appRedirect, harness.HouseScope, provider)
	w.Guard = fmt.Sprintf("origins %s\n%s", w.Issuer(), guard)
	w.start(t, dir)
	return w
}

func (w *world) start(t *testing.T, dir string) {
	t.Helper()
	w.caddy = w.House.Start(t, dir)
	w.client = w.caddy.Client(t)
}

// restart ends the process and starts another on what it left.
func (w *world) restart(t *testing.T) {
	t.Helper()
	w.caddy.Stop(t)
	w.start(t, w.caddy.Dir)
}

// ServeHTTP is the upstream.
func (w *world) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, r.Header.Clone())
	_, _ = answer.Write([]byte("upstream"))
}

func (w *world) hits() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.seen)
}

// service is the client that acts for itself, with proofs of a key.
func (w *world) service(by *harness.Prover) *harness.Party {
	return proving(w.Service(w.client), by)
}

// app is the public client.
func (w *world) app(by *harness.Prover) *harness.Party {
	return proving(&harness.Party{HTTP: w.client, Issuer: w.Issuer(), ID: "app", RedirectURI: appRedirect}, by)
}

func proving(p *harness.Party, by *harness.Prover) *harness.Party {
	if by != nil {
		p.Proof = func(method, address string) string { return by.Proof(method, address, "") }
	}
	return p
}

// bound gets the service a token that is bound to a key.
func (w *world) bound(t *testing.T, by *harness.Prover) string {
	t.Helper()
	got, err := w.service(by).ForItself("scope", harness.HouseScope)
	if err != nil || got.Status != http.StatusOK || got.TokenType != "DPoP" {
		t.Fatalf("a token bound to a key: %v, %v, type %q", got, err, got.TokenType)
	}
	return got.AccessToken
}

// call asks the guard with these values of Authorization and DPoP.
func (w *world) call(t *testing.T, method, address, authorization string, proofs ...string) *harness.Reply {
	t.Helper()
	request, err := http.NewRequest(method, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", authorization)
	request.Header["DPoP"] = proofs
	got, err := harness.Read(w.client.Do(request))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// warm gets the nonce that a guard asks for just after its start, so that no test has to wait.
func (w *world) warm(t *testing.T, token string, by *harness.Prover) {
	t.Helper()
	by.Heard(w.call(t, "GET", w.API(), "DPoP "+token, by.Proof("GET", w.API(), token)).Header, 0)
}

// lets wants the guard to let a request through, once.
func (w *world) lets(t *testing.T, token, proof string) {
	t.Helper()
	before := w.hits()
	if got := w.call(t, "GET", w.API(), "DPoP "+token, proof); got.Status != http.StatusOK || w.hits() != before+1 {
		t.Fatalf("a token with its proof: %v, %v, %d hits", got, got.Header, w.hits()-before)
	}
}

// keeps wants the guard to answer 401 with that error in a DPoP challenge, and the upstream to hear nothing.
func (w *world) keeps(t *testing.T, what, code, authorization string, proofs ...string) {
	t.Helper()
	before := w.hits()
	got := w.call(t, "GET", w.API(), authorization, proofs...)
	challenge := got.Header.Get("WWW-Authenticate")
	if got.Status != http.StatusUnauthorized || !strings.HasPrefix(challenge, "DPoP algs=") || !strings.Contains(challenge, `error="`+code+`"`) {
		t.Errorf("%s: %d %s, want 401 %s", what, got.Status, challenge, code)
	}
	if w.hits() != before {
		t.Errorf("%s: reached the upstream", what)
	}
}
