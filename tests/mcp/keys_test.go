package mcp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// signer is a client's key.
type signer struct {
	kid string
	key *ecdsa.PrivateKey
}

func newSigner(t *testing.T, kid string) *signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &signer{kid, key}
}

// set is what the client publishes of it.
func (s *signer) set() jose.JSONWebKeySet {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: s.key.Public(), KeyID: s.kid, Use: "sig", Algorithm: "ES256"}}}
}

// proof are the parameters by which a client proves itself to an issuer (RFC 7523 section 2.2); an assertion counts once.
func (s *signer) proof(t *testing.T, clientID, issuer string) []string {
	t.Helper()
	now := time.Now()
	jti := make([]byte, 16)
	_, _ = rand.Read(jti)
	return []string{
		"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
		"client_assertion", harness.Sign(t, jose.ES256, s.key, s.kid, map[string]any{
			"iss": clientID, "sub": clientID, "aud": issuer, "jti": fmt.Sprintf("%x", jti), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
		}),
	}
}

// TestThreat047_ADescribedClientProvesItselfByItsKeys, which its document holds or says where they are: no other key
// will do, nor none, and the document is not read again for it.
func TestThreat047_ADescribedClientProvesItselfByItsKeys(t *testing.T) {
	w := newWorld(t)
	issuer := w.house.Issuer()
	inline, published, foreign := newSigner(t, "a"), newSigner(t, "b"), newSigner(t, "a")
	keys, err := json.Marshal(inline.set())
	if err != nil {
		t.Fatal(err)
	}
	w.docs.file("/keys", published.set())
	const by = `,"token_endpoint_auth_method":"private_key_jwt","token_endpoint_auth_signing_alg":"ES256"`
	for name, client := range map[string]struct {
		id  string
		own *signer
	}{
		"in the document": {w.docs.put("/inline", by+`,"jwks":`+string(keys), onTheWeb), inline},
		"elsewhere":       {w.docs.put("/published", by+`,"jwks_uri":"`+w.docs.URL+`/keys"`, onTheWeb), published},
	} {
		p := w.party(client.id, onTheWeb)
		code := w.code(p, w.Client(t))
		for attempt, proof := range map[string][]string{
			"without a proof": nil, "by another key": foreign.proof(t, client.id, issuer),
			"as somebody else": client.own.proof(t, w.docs.URL+"/somebody", issuer), "to somebody else": client.own.proof(t, client.id, w.docs.URL),
		} {
			if refused, err := p.Redeem(code, proof...); err != nil || refused.Error != "invalid_client" {
				t.Errorf("%s, %s: %v, %v", name, attempt, refused, err)
			}
		}
		proof := client.own.proof(t, client.id, issuer)
		tokens, err := p.Redeem(code, proof...)
		if err != nil || tokens.RefreshToken == "" || w.guarded(tokens.AccessToken) != http.StatusOK {
			t.Fatalf("%s: %v, %v", name, tokens, err)
		}
		if again, err := p.Refresh(tokens.RefreshToken, proof...); err != nil || again.Error != "invalid_client" {
			t.Errorf("%s: an assertion counts twice: %v, %v", name, again, err)
		}
		if again, err := p.Refresh(tokens.RefreshToken, client.own.proof(t, client.id, issuer)...); err != nil || w.guarded(again.AccessToken) != http.StatusOK {
			t.Errorf("%s: refreshed: %v, %v", name, again, err)
		}
	}
	if asked := w.docs.times("/inline") + w.docs.times("/published"); asked != 2 {
		t.Errorf("the documents were asked for %d times", asked)
	}
}

// A key that a client has published anew at its jwks_uri counts, and the one it has withdrawn no more.
func TestThreat034_ADescribedClientChangesItsKey(t *testing.T) {
	w := newWorld(t)
	issuer := w.house.Issuer()
	before, after := newSigner(t, "one"), newSigner(t, "two")
	w.docs.file("/keys", before.set())
	id := w.docs.put("/client", `,"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"`+w.docs.URL+`/keys"`, onTheWeb)
	p := w.party(id, onTheWeb)
	tokens, err := p.Redeem(w.code(p, w.Client(t)), before.proof(t, id, issuer)...)
	if err != nil || tokens.RefreshToken == "" {
		t.Fatalf("%v, %v", tokens, err)
	}
	w.docs.file("/keys", after.set())
	// An unknown kid has the keys read again, though not within ten seconds of the last time.
	var renewed *harness.Reply
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Second) {
		if renewed, err = p.Refresh(tokens.RefreshToken, after.proof(t, id, issuer)...); err != nil {
			t.Fatal(err)
		}
		if renewed.Status == http.StatusOK {
			break
		}
		if renewed.Error != "invalid_client" || time.Now().After(deadline) {
			t.Fatalf("the new key: %s", renewed)
		}
	}
	if refused, err := p.Refresh(renewed.RefreshToken, before.proof(t, id, issuer)...); err != nil || refused.Error != "invalid_client" {
		t.Errorf("the key of before: %v, %v", refused, err)
	}
}
