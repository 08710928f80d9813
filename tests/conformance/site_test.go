package conformance

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// site is a server of a relying party on loopback: what it publishes of itself, by path, and the key it signs with.
type site struct {
	*httptest.Server
	key   *rsa.PrivateKey
	pages sync.Map
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, there := s.pages.Load(r.URL.Path)
		if !there {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(page.([]byte))
	}))
	t.Cleanup(s.Close)
	var err error
	if s.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	s.publish(t, "/jwks", jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: s.key.Public(), KeyID: "rp", Use: "sig", Algorithm: "RS256"}}})
	return s
}

// publish puts a document at a path and gives its URL. A text is published as it is, everything else as JSON.
func (s *site) publish(t *testing.T, path string, document any) string {
	t.Helper()
	text, isText := document.(string)
	page := []byte(text)
	if !isText {
		var err error
		if page, err = json.Marshal(document); err != nil {
			t.Fatal(err)
		}
	}
	s.pages.Store(path, page)
	return s.URL + path
}

// sign makes a JWS by RS256.
func (s *site) sign(t *testing.T, claims map[string]any) string {
	t.Helper()
	return harness.Sign(t, jose.RS256, s.key, "rp", claims)
}

// redeem redeems a code by an assertion for this audience.
func (s *site) redeem(t *testing.T, r *run, code, audience string) *harness.Reply {
	t.Helper()
	now := time.Now()
	assertion := s.sign(t, map[string]any{
		"iss": r.id, "sub": r.id, "aud": audience, "jti": rand.Text(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	})
	public := r.party()
	public.ID, public.Secret = "", ""
	reply, err := public.Send("/token", "grant_type", "authorization_code", "code", code, "redirect_uri", callback,
		"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", assertion)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}
