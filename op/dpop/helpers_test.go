package dpop

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/keys/keystest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

const (
	address = "https://api.example.com/orders"
	bearer  = "an access token"
)

// clock is the injected time of a test.
type clock struct{ ns atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(0, c.ns.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.ns.Add(int64(d)) }

// world is a store's proofs, and a client with a key.
type world struct {
	*Proofs
	t       testing.TB
	clock   *clock
	secrets *keys.Secrets
	key     *ecdsa.PrivateKey
}

// open makes proofs that have been there for an hour, so that nothing can be from before them.
func open(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, clock: new(clock)}
	w.clock.ns.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixNano())
	var err error
	if w.secrets, err = keys.OpenSecrets(t.Context(), memory.New(w.clock.now), nil); err != nil {
		t.Fatal(err)
	}
	if w.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	w.Proofs = New(w.secrets, w.clock.now, time.Time{})
	w.clock.advance(time.Hour)
	return w
}

// restarted is what another process has of the same store.
func (w *world) restarted() *world {
	again := *w
	again.Proofs = New(w.secrets, w.clock.now, time.Time{})
	return &again
}

// proof makes a proof for request, with claims changed; one that is nil is left out.
func (w *world) proof(changed map[string]any) string {
	w.t.Helper()
	sum := sha256.Sum256([]byte(bearer))
	claims := map[string]any{
		"jti": rand.Text(), "htm": "GET", "htu": address, "iat": w.clock.now().Unix(),
		"ath": base64.RawURLEncoding.EncodeToString(sum[:]),
	}
	maps.Copy(claims, changed)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return w.sign(claims)
}

func (w *world) sign(payload any) string {
	w.t.Helper()
	options := (&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt")
	return keystest.Sign(w.t, jose.SigningKey{Algorithm: jose.ES256, Key: w.key}, options, payload)
}

func (w *world) thumbprint() string {
	sum, err := (&jose.JSONWebKey{Key: w.key.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		w.t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(sum)
}

// request is what the proofs of these tests are made for.
func request() Request {
	return Request{Method: "GET", AccessToken: bearer, Target: Target{Origins: []string{"https://api.example.com"}, Path: "/orders"}}
}

// good wants a proof to hold, and gives it.
func (w *world) good(proof string) *Proof {
	w.t.Helper()
	got, err := w.Check([]string{proof}, request())
	if err != nil {
		w.t.Fatalf("%v: %v", err, errors.Unwrap(err))
	}
	return got
}

// code is the error code of a refusal, "" for none.
func code(err error) string {
	if refusal, ok := errors.AsType[*oauth.Error](err); ok {
		return refusal.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}
