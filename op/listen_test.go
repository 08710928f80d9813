package op_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
)

// bites is how soon a revocation has to count on every node.
const bites = time.Second

// node is one of several that share a database.
func node(t *testing.T, dsn string) (*op.Provider, *op.State) {
	t.Helper()
	st := open(t, op.Location{Driver: op.DriverPostgres, Postgres: op.Postgres{DSN: op.PostgresDSN(dsn), StatementTimeout: time.Second}})
	within(t, 10*time.Second, "it does not listen", st.Listening)
	return start(t, config(), st), st
}

func within(t *testing.T, limit time.Duration, what string, done func() bool) {
	t.Helper()
	for began := time.Now(); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Since(began) > limit {
			t.Fatalf("%s within %s", what, limit)
		}
	}
}

// post sends a form of the client "billing" to an endpoint.
func post(t *testing.T, p *op.Provider, path string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "https://id.example.com"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("billing", "billing-secret")
	handler, found := p.Handler(r)
	if !found {
		t.Fatalf("no endpoint %s", path)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

func issued(t *testing.T, p *op.Provider) string {
	t.Helper()
	w := post(t, p, "/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"orders:read"}})
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.AccessToken == "" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return answer.AccessToken
}

func revoked(t *testing.T, p *op.Provider, token string) {
	t.Helper()
	if w := post(t, p, "/revoke", url.Values{"token": {token}}); w.Code != http.StatusOK {
		t.Fatalf("revoke: %d %s", w.Code, w.Body)
	}
}

// TestMust056_ARevocationBitesOnEveryNode: what one node gave out another takes, and what one revokes another refuses.
func TestMust056_ARevocationBitesOnEveryNode(t *testing.T) {
	dsn := postgrestest.Database(t)
	a, _ := node(t, dsn)
	b, _ := node(t, dsn)
	for range 20 {
		token := issued(t, a)
		for range 3 {
			if _, err := b.Introspect(t.Context(), token); err != nil {
				t.Fatal(err)
			}
		}
		revoked(t, a, token)
		within(t, bites, "it is not refused", func() bool {
			_, err := b.Introspect(t.Context(), token)
			return errors.Is(err, op.ErrInactive)
		})
	}
}

// TestMust056_NothingIsTrustedWithoutAListener: the listener's connection is ended again and again, and silently dead at
// the end. Whatever is revoked is refused in time, or nobody can tell.
func TestMust056_NothingIsTrustedWithoutAListener(t *testing.T) {
	server := postgrestest.Start(t)
	dsn := server.Database(t)
	a, _ := node(t, dsn)
	b, st := node(t, dsn)
	for range 5 {
		token := issued(t, a)
		if _, err := b.Introspect(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		server.Terminate(t)
		revoked(t, a, token)
		within(t, bites, "it is not refused", func() bool {
			_, err := b.Introspect(t.Context(), token)
			return errors.Is(err, op.ErrInactive)
		})
	}
	within(t, 5*time.Second, "it does not listen again", st.Listening)
	token := issued(t, a)
	if _, err := b.Introspect(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	resume := server.Pause(t)
	within(t, bites+bites, "a node goes on by memory", func() bool {
		_, err := b.Introspect(t.Context(), token)
		return errors.Is(err, oauth.ErrUnavailable)
	})
	if st.Listening() {
		t.Error("a node says that it hears")
	}
	resume()
	within(t, 5*time.Second, "it does not recover", func() bool {
		_, err := b.Introspect(t.Context(), token)
		return err == nil && st.Listening()
	})
}

// TestAKeyOfOneNodeIsKnownToAll: what one node rotates or removes, another shows or refuses.
func TestAKeyOfOneNodeIsKnownToAll(t *testing.T) {
	dsn := postgrestest.Database(t)
	a, _ := node(t, dsn)
	b, _ := node(t, dsn)
	jwks := func(p *op.Provider) string {
		r := httptest.NewRequest(http.MethodGet, "https://id.example.com/jwks", nil)
		handler, _ := p.Handler(r)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Body.String()
	}
	within(t, bites, "the keys differ", func() bool { return jwks(a) == jwks(b) })
	before := jwks(b)
	if err := a.RotateKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	within(t, bites, "the new key is not shown", func() bool { return jwks(b) != before && jwks(a) == jwks(b) })
	token := issued(t, a)
	if _, err := b.Introspect(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	for _, key := range a.Keys() {
		if key.State == "active" {
			if err := a.RemoveKey(t.Context(), key.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	within(t, bites, "a removed key counts", func() bool {
		_, err := b.Introspect(t.Context(), token)
		return errors.Is(err, op.ErrInactive)
	})
	again := issued(t, b)
	within(t, bites, "the new key is not known", func() bool {
		_, err := a.Introspect(t.Context(), again)
		return err == nil
	})
}
