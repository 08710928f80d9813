package mcp

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// The addresses that the answers of the described clients go to.
const (
	onDevice = "http://127.0.0.1/callback"
	onTheWeb = "https://desk.example/callback"
)

// library is a web server with documents of clients.
type library struct {
	*httptest.Server
	mu    sync.Mutex
	files map[string]string
	asked map[string]int
}

func newLibrary(t *testing.T) *library {
	t.Helper()
	l := &library{files: map[string]string{}, asked: map[string]int{}}
	l.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.asked[r.URL.Path]++
		body, found := l.files[r.URL.Path]
		if !found {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, body)
	}))
	t.Cleanup(l.Close)
	return l
}

// put writes a document and returns the client_id; members are added to what every client says.
func (l *library) put(path, members string, redirects ...string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	id := l.URL + path
	uris, _ := json.Marshal(redirects)
	l.files[path] = fmt.Sprintf(`{"client_id":%q,"redirect_uris":%s,"grant_types":["authorization_code","refresh_token"]%s}`, id, uris, members)
	return id
}

// file writes something else than a document.
func (l *library) file(path string, content any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	text, _ := json.Marshal(content)
	l.files[path] = string(text)
}

func (l *library) remove(path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.files, path)
}

func (l *library) times(path string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked[path]
}

// world is a provider that reads documents of one host, and a guarded API that is open to all clients.
type world struct {
	*harness.Caddy
	t     *testing.T
	house *harness.House
	docs  *library
}

// newWorld starts one; change may alter its House.
func newWorld(t *testing.T, change ...func(*harness.House)) *world {
	t.Helper()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Header.Get("X-User-Id"))
	}))
	t.Cleanup(api.Close)
	address, err := url.Parse(api.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(address.Port())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, docs: newLibrary(t)}
	w.house = harness.NewHouse(t, port).With(func(h *harness.House) {
		h.Provider = fmt.Sprintf("metadata_documents {\nallow %s\n}\n%s", strings.TrimPrefix(w.docs.URL, "https://"), harness.Outbound(t, w.docs.Server))
		h.Guard = "clients any\ndefault_scopes " + harness.HouseScope
		for _, alter := range change {
			alter(h)
		}
	})
	w.Caddy = w.house.Start(t, t.TempDir())
	return w
}

// party is a client as it sends its requests.
func (w *world) party(id, redirect string) *harness.Party {
	return &harness.Party{HTTP: w.Client(w.t), Issuer: w.house.Issuer(), ID: id, RedirectURI: redirect}
}

// signIn signs the person in to a client in a browser, which asks for the guarded resource.
func (w *world) signIn(p *harness.Party, browser *http.Client, parameters ...string) *harness.Reply {
	w.t.Helper()
	reply, err := p.Redeem(w.code(p, browser, parameters...), "resource", w.house.Audience)
	if err != nil || reply.AccessToken == "" {
		w.t.Fatalf("%v, %v", err, reply)
	}
	return reply
}

// code signs the person in to a client as signIn does, as far as the client's code.
func (w *world) code(p *harness.Party, browser *http.Client, parameters ...string) harness.Code {
	w.t.Helper()
	address, verifier := p.AuthorizationURL(append([]string{"resource", w.house.Audience}, parameters...)...)
	answer := harness.SignIn(w.t, browser, address, harness.Person, harness.Password)
	location, err := answer.Location()
	if err != nil {
		w.t.Fatalf("%s: %v\n%s", answer.Status, err, answer.Text)
	}
	if location.Query().Get("iss") != w.house.Issuer() {
		w.t.Errorf("the answer does not say who gives it: %s", location)
	}
	if location.Query().Get("code") == "" {
		w.t.Fatalf("no code: %s", location)
	}
	return harness.Code{Value: location.Query().Get("code"), Verifier: verifier}
}

// guarded is the status of the guarded API for a token.
func (w *world) guarded(token string) int {
	w.t.Helper()
	reply, err := harness.Guarded(w.Client(w.t), w.house.API(), token)
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.Status
}
