package client

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/keys/keystest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/shelf"
)

const keysURI = "https://rp.example.com/jwks"

// keyPair is a key of a client on P-256.
type keyPair struct {
	kid     string
	private *ecdsa.PrivateKey
}

func newKeyPair(t *testing.T, kid string) keyPair {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return keyPair{kid, private}
}

func jwksOf(t *testing.T, pairs ...keyPair) []byte {
	t.Helper()
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, p := range pairs {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: p.private.Public(), KeyID: p.kid})
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (p keyPair) sign(t *testing.T, claims any, header ...string) string {
	t.Helper()
	options := &jose.SignerOptions{}
	for i := 0; i+1 < len(header); i += 2 {
		options = options.WithHeader(jose.HeaderKey(header[i]), header[i+1])
	}
	return keystest.Sign(t, jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: p.private, KeyID: p.kid}}, options, claims)
}

// elsewhere is what lies at addresses that clients named.
type elsewhere struct {
	mu    sync.Mutex
	files map[string][]byte
	fresh time.Duration
	err   error
	slow  time.Duration
	asked atomic.Int64
}

func (e *elsewhere) Get(_ context.Context, address string) (fetch.Document, error) {
	e.asked.Add(1)
	e.mu.Lock()
	defer e.mu.Unlock()
	time.Sleep(e.slow)
	if e.err != nil {
		return fetch.Document{}, e.err
	}
	return fetch.Document{Body: e.files[address], FreshFor: e.fresh}, nil
}

func (e *elsewhere) set(change func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change()
}

func TestKeysByValue(t *testing.T) {
	k := newKeySets(&elsewhere{}, time.Now)
	a, b := newKeyPair(t, "1"), newKeyPair(t, "1")
	ours, theirs := &Client{ID: "a", JWKS: jwksOf(t, a)}, &Client{ID: "b", JWKS: jwksOf(t, b)}
	for range 2 {
		if got, err := k.Verify(t.Context(), ours, a.sign(t, "x"), keys.SigningAlgs); err != nil || string(got.Payload) != `"x"` || got.KeyID != "1" {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	for name, err := range map[string]error{
		"TestThreat033: the same kid of another client": verifyError(k, theirs, a.sign(t, "x"), keys.SigningAlgs),
		"an algorithm that is not allowed":              verifyError(k, ours, a.sign(t, "x"), []string{"RS256"}),
		"no algorithm allowed":                          verifyError(k, ours, a.sign(t, "x"), nil),
		"a client without keys":                         verifyError(k, &Client{ID: "c"}, a.sign(t, "x"), keys.SigningAlgs),
		"keys that cannot be read":                      verifyError(k, &Client{ID: "c", JWKS: []byte(`{"keys":[{"kty":"oct","k":"eA"}]}`)}, a.sign(t, "x"), keys.SigningAlgs),
		"no JWS":                                        verifyError(k, ours, "x.y", keys.SigningAlgs),
		"an unsigned one":                               verifyError(k, ours, "eyJhbGciOiJub25lIn0.e30.", []string{"none"}),
	} {
		if !errors.Is(err, keys.ErrNotVerified) || errors.Is(err, oauth.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func verifyError(k *KeySets, c *Client, jws string, algs []string) error {
	_, err := k.Verify(context.Background(), c, jws, algs)
	return err
}

func TestKeptSecrets(t *testing.T) {
	k := newKeySets(&elsewhere{}, time.Now)
	const old, current = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
	c := &Client{ID: "a", Secrets: []Secret{PlainSecret(old), KeptSecret(current)}}
	sign := func(secret string) string {
		text, err := keys.SignHMAC(secret, "HS256", "", map[string]any{"a": 1})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	if err := verifyError(k, c, sign(current), keys.HMACAlgs); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"a secret of which only the digest is kept": verifyError(k, c, sign(old), keys.HMACAlgs),
		"a client without a secret":                 verifyError(k, &Client{ID: "b"}, sign(current), keys.HMACAlgs),
		"where only signatures are allowed":         verifyError(k, c, sign(current), keys.SigningAlgs),
	} {
		if !errors.Is(err, keys.ErrNotVerified) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// TestThreat030: the text of a public key is no secret.
	pair := newKeyPair(t, "1")
	byKey := &Client{ID: "c", JWKS: jwksOf(t, pair)}
	if err := verifyError(k, byKey, sign(string(byKey.JWKS)), append(keys.SigningAlgs, keys.HMACAlgs...)); !errors.Is(err, keys.ErrNotVerified) {
		t.Errorf("an HMAC by the JWK Set: %v", err)
	}
}

// TestThreat034_ARemovedKeyStopsVerifying: after what the answer said, 10 s at least and a day at most.
func TestThreat034_ARemovedKeyStopsVerifying(t *testing.T) {
	for fresh, until := range map[time.Duration]time.Duration{
		0: shelf.AskAgain, time.Second: shelf.AskAgain, time.Minute: time.Minute, 1000 * time.Hour: longestUse,
	} {
		synctest.Test(t, func(t *testing.T) {
			old, current := newKeyPair(t, "1"), newKeyPair(t, "2")
			away := &elsewhere{fresh: fresh, files: map[string][]byte{keysURI: jwksOf(t, old, current)}}
			k, c := newKeySets(away, time.Now), &Client{ID: "a", JWKSURI: keysURI}
			signed := old.sign(t, "x")
			if err := verifyError(k, c, signed, keys.SigningAlgs); err != nil {
				t.Fatal(err)
			}
			away.set(func() { away.files[keysURI] = jwksOf(t, current) })
			time.Sleep(until - time.Nanosecond)
			if err := verifyError(k, c, signed, keys.SigningAlgs); err != nil || away.asked.Load() != 1 {
				t.Errorf("fresh for %v: asked %d times, %v", fresh, away.asked.Load(), err)
			}
			time.Sleep(time.Nanosecond)
			if err := verifyError(k, c, signed, keys.SigningAlgs); !errors.Is(err, keys.ErrNotVerified) {
				t.Errorf("fresh for %v: the removed key verifies after %v: %v", fresh, until, err)
			}
		})
	}
}

func TestANewKeyIsFoundAtOnceAndAskedForSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, current, stranger := newKeyPair(t, "1"), newKeyPair(t, "2"), newKeyPair(t, "x")
		away := &elsewhere{fresh: time.Hour, files: map[string][]byte{keysURI: jwksOf(t, old)}}
		k, c := newKeySets(away, time.Now), &Client{ID: "a", JWKSURI: keysURI}
		if err := verifyError(k, c, old.sign(t, "x"), keys.SigningAlgs); err != nil {
			t.Fatal(err)
		}
		time.Sleep(shelf.AskAgain)
		away.set(func() { away.files[keysURI] = jwksOf(t, current) })
		if err := verifyError(k, c, current.sign(t, "x"), keys.SigningAlgs); err != nil || away.asked.Load() != 2 {
			t.Fatalf("asked %d times, %v", away.asked.Load(), err)
		}
		for range 100 { // 100 kids that nobody has, over 10 s
			time.Sleep(shelf.AskAgain / 100)
			if err := verifyError(k, c, stranger.sign(t, "x"), keys.SigningAlgs); !errors.Is(err, keys.ErrNotVerified) {
				t.Fatal(err)
			}
		}
		if asked := away.asked.Load(); asked != 3 {
			t.Errorf("asked %d times", asked)
		}
		// A fault just then does not take away the keys that are still fresh.
		away.set(func() { away.err = fetch.ErrUnreached })
		time.Sleep(shelf.AskAgain)
		if err := verifyError(k, c, stranger.sign(t, "x"), keys.SigningAlgs); !errors.Is(err, keys.ErrNotVerified) {
			t.Error(err)
		}
		if err := verifyError(k, c, current.sign(t, "x"), keys.SigningAlgs); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour)
		if err := verifyError(k, c, current.sign(t, "x"), keys.SigningAlgs); !errors.Is(err, keys.ErrNotVerified) {
			t.Errorf("keys that are not fresh: %v", err)
		}
	})
}

func TestFailuresAreRememberedForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pair := newKeyPair(t, "")
		away := &elsewhere{fresh: time.Hour, files: map[string][]byte{keysURI: []byte("no keys")}}
		k, c := newKeySets(away, time.Now), &Client{ID: "a", JWKSURI: keysURI}
		for range 5 {
			if err := verifyError(k, c, pair.sign(t, "x"), keys.SigningAlgs); !errors.Is(err, keys.ErrNotVerified) || errors.Is(err, oauth.ErrUnavailable) {
				t.Fatal(err)
			}
		}
		if away.asked.Load() != 1 {
			t.Errorf("asked %d times", away.asked.Load())
		}
		time.Sleep(shelf.AskAgain)
		// What was never asked is not the client's fault, and not remembered.
		away.set(func() { away.files[keysURI], away.err = jwksOf(t, pair), fetch.ErrBusy })
		if err := verifyError(k, c, pair.sign(t, "x"), keys.SigningAlgs); !errors.Is(err, oauth.ErrUnavailable) {
			t.Error(err)
		}
		away.set(func() { away.err = nil })
		if err := verifyError(k, c, pair.sign(t, "x"), keys.SigningAlgs); err != nil {
			t.Error(err)
		}
	})
}

func TestManyAtOnceAskOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pair := newKeyPair(t, "1")
		away := &elsewhere{slow: time.Second, files: map[string][]byte{keysURI: jwksOf(t, pair)}}
		k, c := newKeySets(away, time.Now), &Client{ID: "a", JWKSURI: keysURI}
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if err := verifyError(k, c, pair.sign(t, "x"), keys.SigningAlgs); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if away.asked.Load() != 1 {
			t.Errorf("asked %d times", away.asked.Load())
		}
	})
}

func TestParsedKeySetsAreBounded(t *testing.T) {
	k := newKeySets(&elsewhere{}, time.Now)
	for i := range maxParsed + 10 {
		_, _ = k.byValue.get(fmt.Appendf(nil, `{"keys":[],"n":%d}`, i))
	}
	k.byValue.sets.CleanUp() // eviction runs beside the writers
	if texts := k.byValue.sets.EstimatedSize(); texts > maxParsed {
		t.Errorf("%d texts", texts)
	}
}

func TestEncryptForAClient(t *testing.T) {
	pair := newKeyPair(t, "1")
	away := &elsewhere{files: map[string][]byte{keysURI: jwksOf(t, pair)}}
	k := newKeySets(away, time.Now)
	for _, c := range []*Client{{ID: "a", JWKS: jwksOf(t, pair)}, {ID: "b", JWKSURI: keysURI}} {
		text, err := k.Encrypt(t.Context(), c, []byte("plain"), "ECDH-ES", "A256GCM", keys.Inside{ContentType: "JWT"})
		if err != nil {
			t.Fatal(err)
		}
		read, err := jose.ParseEncryptedCompact(text, []jose.KeyAlgorithm{jose.ECDH_ES}, []jose.ContentEncryption{jose.A256GCM})
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := read.Decrypt(pair.private); err != nil || string(plain) != "plain" {
			t.Errorf("%s: %q, %v", c.ID, plain, err)
		}
	}
	for _, c := range []*Client{{ID: "none"}, {ID: "gone", JWKSURI: "https://gone.example"}, {ID: "empty", JWKS: jwksOf(t)}} {
		if text, err := k.Encrypt(t.Context(), c, []byte("plain"), "ECDH-ES", "A256GCM", keys.Inside{ContentType: "JWT"}); !errors.Is(err, keys.ErrNoFittingKey) || text != "" {
			t.Errorf("%s: %q, %v", c.ID, text, err)
		}
	}
}

// TestThreat046_StrangersKeepNobodysKeysFromBeingRead: they register addresses and have request objects read, each as slow
// as they like. The keys of configured clients are neither read beside them nor pushed out of memory by theirs.
func TestThreat046_StrangersKeepNobodysKeysFromBeingRead(t *testing.T) {
	pair := newKeyPair(t, "1")
	files := map[string][]byte{keysURI: jwksOf(t, pair)}
	ours, theirs := &elsewhere{files: files}, &elsewhere{files: files}
	k := newKeySets(ours, time.Now)
	k.apart(theirs)
	ofHouse, stranger := &Client{ID: "a", JWKSURI: keysURI, Configured: true}, &Client{ID: "b", JWKSURI: keysURI}
	for _, c := range []*Client{ofHouse, stranger} {
		if _, err := k.Verify(t.Context(), c, pair.sign(t, "x"), keys.SigningAlgs); err != nil {
			t.Fatal(err)
		}
	}
	if ours.asked.Load() != 1 || theirs.asked.Load() != 1 {
		t.Errorf("asked %d and %d times", ours.asked.Load(), theirs.asked.Load())
	}
	theirs.set(func() { theirs.err = fetch.ErrBusy })
	stranger.JWKSURI, ofHouse.JWKSURI = keysURI+"/2", keysURI+"/2"
	files[keysURI+"/2"] = files[keysURI]
	if err := verifyError(k, stranger, pair.sign(t, "x"), keys.SigningAlgs); !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("a stranger's, while theirs are busy: %v", err)
	}
	if err := verifyError(k, ofHouse, pair.sign(t, "x"), keys.SigningAlgs); err != nil {
		t.Errorf("a configured client's: %v", err)
	}
}
