package registration

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

const (
	issuer   = "https://id.example/op"
	address  = issuer + "/register"
	callback = "https://app.example/cb"
	// simple is the least that a web application registers.
	simple = `{"redirect_uris":["` + callback + `"]}`
)

// house is an endpoint over a store of its own. Its fields are changed before the first request.
type house struct {
	t *testing.T
	Deps

	mu    sync.Mutex
	clock time.Time

	backend store.Store
	logs    *observer.ObservedLogs
	handler http.Handler
}

func newHouse(t *testing.T, change ...func(*house)) *house {
	t.Helper()
	h := &house{t: t, clock: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	h.backend = memory.New(h.now)
	t.Cleanup(func() { _ = h.backend.Close() })
	core, logs := observer.New(zapcore.DebugLevel)
	h.logs = logs
	pages, err := web.NewPages(nil)
	if err != nil {
		t.Fatal(err)
	}
	h.Deps = Deps{
		Issuer:    issuer,
		Policy:    Policy{Quota: 1000, Window: time.Hour, Max: 1000, UnusedFor: 24 * time.Hour},
		Abilities: Abilities{ResponseTypes: oauth.ResponseTypes, SigningAlgs: []string{"RS256", "ES256"}},
		Guesses:   throttle.NewJoint("", throttle.New(h.now, 1000), nil),
		Respond:   web.NewResponder(zap.New(core), pages),
	}
	for _, one := range change {
		one(h)
	}
	generations := new(store.Generations)
	h.Store = store.Track(h.backend, generations)
	secrets, err := keys.OpenSecrets(t.Context(), h.Store, nil)
	if err != nil {
		t.Fatal(err)
	}
	h.Registrations = client.NewRegistrations(client.RegistrationDeps{
		Store: h.Store, Generations: generations, Secrets: secrets, Scopes: oauth.IdentityScopes.Union(oauth.Scopes{"tools:call"}),
		Keep: 365 * 24 * time.Hour, Now: h.now,
	})
	h.Clients = client.NewRegistry(h.Store, nil)
	h.Clients.Admit(h.Registrations)
	h.Quota = NewQuota(h.Store, h.now, 1000, nil)
	h.handler = New(h.Deps)
	return h
}

// withToken lets only those register who have the token.
func withToken(token string) func(*house) {
	return func(h *house) { h.Policy.InitialAccessToken = client.PlainSecret(token) }
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.clock
}

func (h *house) wait(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock = h.clock.Add(d)
}

// answer is what a request was answered with.
type answer struct {
	*httptest.ResponseRecorder
	body map[string]any
}

func (a answer) text(name string) string {
	text, _ := a.body[name].(string)
	return text
}

func (a answer) list(name string) []string {
	var list []string
	values, _ := a.body[name].([]any)
	for _, value := range values {
		text, _ := value.(string)
		list = append(list, text)
	}
	return list
}

// asking is one request.
type asking struct {
	method, url, token, body, from string
	header                         http.Header
}

func (h *house) ask(a asking) answer {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.t.Context(), a.method, a.url, strings.NewReader(a.body))
	r.Header.Set("Content-Type", "application/json")
	if a.token != "" {
		r.Header.Set("Authorization", "Bearer "+a.token)
	}
	maps.Copy(r.Header, a.header)
	if a.from != "" {
		r = r.WithContext(web.WithClientIP(r.Context(), a.from))
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	got := answer{ResponseRecorder: w}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &got.body); err != nil {
			h.t.Fatalf("%s: %v", w.Body, err)
		}
	}
	return got
}

func (h *house) post(body string) answer {
	h.t.Helper()
	return h.ask(asking{method: http.MethodPost, url: address, body: body})
}

// register registers a client that has to be accepted.
func (h *house) register(body string) answer {
	h.t.Helper()
	got := h.post(body)
	if got.Code != http.StatusCreated {
		h.t.Fatalf("%s: %d %s", body, got.Code, got.Body)
	}
	return got
}

// manage asks about a client with the token it was given.
func (h *house) manage(method string, of answer, body string) answer {
	h.t.Helper()
	return h.ask(asking{method: method, url: of.text("registration_client_uri"), token: of.text("registration_access_token"), body: body})
}

// mustRefuse is an answer with this error, and a description without anything that was sent.
func (a answer) mustRefuse(t *testing.T, status int, code string) {
	t.Helper()
	description := a.text("error_description")
	if a.Code != status || a.text("error") != code || len(a.body) > 2 || strings.ContainsAny(description, "\"\\'<>") || strings.Contains(description, "evil") {
		t.Errorf("got %d %s, want %d %s", a.Code, a.Body, status, code)
	}
	if a.Header().Get("Cache-Control") != "no-store" {
		t.Error("the answer may be kept")
	}
}

// rows are the bodies of everything stored.
func (h *house) rows() map[string]string {
	h.t.Helper()
	records, err := h.backend.List(h.t.Context(), store.Clients, store.Filter{}, "", 10_000)
	if err != nil {
		h.t.Fatal(err)
	}
	rows := make(map[string]string, len(records))
	for _, record := range records {
		rows[record.Key] = string(record.Body)
	}
	return rows
}

// registered is the client that a request would meet.
func (h *house) registered(id string) (*client.Client, error) {
	return h.Clients.Get(context.Background(), id)
}
