package upstream

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

const (
	issuer   = "https://id.example.com"
	partner  = "https://login.partner.example"
	audience = "https://orders.internal"
)

var policy = keys.Policy{
	Algs: []string{keys.RS256, keys.ES256}, RotateEvery: 24 * time.Hour, PublishAhead: time.Hour, KeepFor: 2 * time.Hour,
}

// world is a Maker and its ring under a clock that the test sets.
type world struct {
	*Maker
	at time.Time
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	now := func() time.Time { return w.at }
	s := memory.New(now)
	secrets, err := keys.OpenSecrets(t.Context(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keys.OpenRing(t.Context(), s, secrets, now)
	if err == nil {
		err = ring.Ensure(t.Context(), policy)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.Maker = New(Deps{Ring: ring, Issuer: issuer, Alg: keys.ES256, Now: now})
	return w
}

func wish(claims ...string) Wish { return Wish{Audience: audience, Life: time.Minute, Claims: claims} }

// make fails the test unless there is a token.
func (w *world) make(t testing.TB, of *grant.Token, what Wish) *Token {
	t.Helper()
	made, err := w.Make(of, what)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// read verifies a token as an upstream does that knows nothing but the JWKS.
func (w *world) read(t testing.TB, made *Token) (header jose.Header, claims map[string]any) {
	t.Helper()
	body, _ := w.Ring.JWKS()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(body, &set); err != nil {
		t.Fatal(err)
	}
	parsed, err := jose.ParseSignedCompact(made.JWT(), []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	header = parsed.Signatures[0].Protected
	found := set.Key(header.KeyID)
	if len(found) != 1 {
		t.Fatalf("%d published keys have the kid %s", len(found), header.KeyID)
	}
	payload, err := parsed.Verify(found[0])
	if err == nil {
		err = json.Unmarshal(payload, &claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	return header, claims
}

// person is a live token of somebody who signed in.
func person() *grant.Token {
	return &grant.Token{
		Kind: grant.KindAccess, TokenType: grant.DPoP, Grant: new(grant.Grant), Issuer: issuer, ID: "grant.1",
		ClientID: "web", Subject: "diana-1", Account: "diana", Username: "Diana", SignedIn: true,
		Scopes: oauth.Scopes{"orders:read", "orders:write"}, Audience: []string{"https://api.example.com"},
		Confirmation: oauth.Confirmation{JKT: "thumbprint"},
		AuthTime:     time.Unix(1700000000, 0), ACR: "pwd", AMR: []string{"pwd"},
		Claims: map[string]any{"name": "Diana Krall", "groups": []string{"staff"}, "email_verified": true},
	}
}
