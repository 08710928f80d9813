package client

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/shelf"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

// place answers for a jwks_uri.
type place struct {
	body []byte
	err  error
}

func (p *place) Get(context.Context, string) (fetch.Document, error) {
	return fetch.Document{Body: p.body}, p.err
}

// recipient is a client's key to encrypt for, and its JWK Set.
type recipient struct {
	private crypto.Signer
	set     []byte
}

func newRecipient(t testing.TB, private crypto.Signer) recipient {
	t.Helper()
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: private.Public(), KeyID: "enc-1", Use: "enc"}}})
	if err != nil {
		t.Fatal(err)
	}
	return recipient{private, set}
}

func protectorOn(t testing.TB, at shelf.Getter, algs ...string) (*Protector, *keys.Ring) {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }
	s := memory.New(now)
	secrets, err := keys.OpenSecrets(t.Context(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keys.OpenRing(t.Context(), s, secrets, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := ring.Ensure(t.Context(), keys.Policy{Algs: algs, PublishAhead: time.Hour, KeepFor: time.Hour}); err != nil {
		t.Fatal(err)
	}
	return NewProtector(ring, newKeySets(at, now)), ring
}

// decrypted is what a recipient reads, and the header it was told.
func decrypted(t testing.TB, token string, r recipient, alg, enc string) (plain string, header map[string]any) {
	t.Helper()
	jwe, err := jose.ParseEncryptedCompact(token, []jose.KeyAlgorithm{jose.KeyAlgorithm(alg)}, []jose.ContentEncryption{jose.ContentEncryption(enc)})
	if err != nil {
		t.Fatalf("%s %s: %v", alg, enc, err)
	}
	text, err := jwe.Decrypt(r.private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(token[:strings.Index(token, ".")])
	if err != nil || json.Unmarshal(raw, &header) != nil {
		t.Fatal("no header")
	}
	return string(text), header
}

// Every way to sign, plain and within every way to encrypt.
func TestProtectSignsAndEncrypts(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	byAlg := map[string]recipient{keys.RSAOAEP256: newRecipient(t, rsaKey)}
	byAlg[keys.ECDHES] = newRecipient(t, ecKey)
	byAlg[keys.ECDHESA256KW] = byAlg[keys.ECDHES]
	const secret = "a secret that is long enough for every algorithm of HMACs, SHA-512 too"
	p, ring := protectorOn(t, &place{}, keys.SigningAlgs...)
	c := &Client{ID: "web", Secrets: []Secret{PlainSecret("hashed"), KeptSecret("short"), KeptSecret(secret)}}

	check := func(alg, token string) {
		t.Helper()
		var payload []byte
		var err error
		switch alg {
		case keys.AlgNone:
			var got keys.JWS
			got, err = keys.ReadUnsecured(token)
			payload = got.Payload
		case keys.HS256, keys.HS384, keys.HS512:
			var got keys.JWS
			got, err = keys.VerifyHMAC(secret, token, []string{alg})
			payload = got.Payload
		default:
			payload, _, err = ring.Verify(t.Context(), token, keys.TypeIDToken)
		}
		if err != nil || string(payload) != `{"sub":"diana"}` {
			t.Errorf("%s: %s, %v", alg, payload, err)
		}
	}
	for _, alg := range append(append([]string{keys.AlgNone}, keys.HMACAlgs...), keys.SigningAlgs...) {
		token, err := p.Protect(t.Context(), c, Protection{Alg: alg}, keys.TypeIDToken, map[string]string{"sub": "diana"})
		if err != nil {
			t.Fatalf("%s: %v", alg, err)
		}
		check(alg, token)
		for _, encryption := range keys.EncryptionAlgs {
			to := byAlg[encryption]
			c.JWKS = to.set
			for _, enc := range []string{"", keys.A128CBCHS256, keys.A256GCM} {
				how := Protection{Alg: alg, EncryptionAlg: encryption, EncryptionEnc: enc}
				token, err := p.Protect(t.Context(), c, how, keys.TypeIDToken, map[string]string{"sub": "diana"})
				if err != nil {
					t.Fatalf("%+v: %v", how, err)
				}
				inner, header := decrypted(t, token, to, encryption, how.enc())
				if header["cty"] != "JWT" || header["kid"] != "enc-1" || header["enc"] != how.enc() || header["iss"] != nil {
					t.Errorf("%+v: header %v", how, header)
				}
				check(alg, inner)
			}
		}
		c.JWKS = nil
	}
	if (Protection{}).enc() != "A128CBC-HS256" {
		t.Error("the default of OIDC Dynamic Client Registration section 2")
	}
}

// OIDC Core section 5.3.2: userinfo may be encrypted without a signature.
func TestProtectEncryptsAlone(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	to := newRecipient(t, private)
	p, _ := protectorOn(t, &place{body: to.set}, keys.ES256)
	c := &Client{ID: "web", JWKSURI: "https://web.example/jwks"}
	token, err := p.Protect(t.Context(), c, Protection{EncryptionAlg: keys.ECDHES}, keys.TypeIDToken, map[string]string{"sub": "diana"})
	if err != nil {
		t.Fatal(err)
	}
	if plain, header := decrypted(t, token, to, keys.ECDHES, keys.A128CBCHS256); plain != `{"sub":"diana"}` || header["cty"] != nil {
		t.Errorf("%s %v", plain, header)
	}
}

func TestProtectSaysWhoseFaultItIs(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	set := newRecipient(t, private).set
	encrypting := Protection{Alg: keys.ES256, EncryptionAlg: keys.ECDHES}
	byURI := Client{ID: "web", JWKSURI: "https://web.example/jwks"}
	for why, tt := range map[string]struct {
		at      place
		c       Client
		how     Protection
		claims  any
		status  int
		inError error
	}{
		"jwks_uri does not answer":      {place{err: errors.New("timeout")}, byURI, encrypting, 1, 400, nil},
		"jwks_uri has no key set":       {place{body: []byte("<html>")}, byURI, encrypting, 1, 400, nil},
		"jwks_uri has private keys":     {place{body: []byte(`{"keys":[{"kty":"oct","k":"AA"}]}`)}, byURI, encrypting, 1, 400, nil},
		"no key that fits at jwks_uri":  {place{body: set}, byURI, encrypting, 1, 400, nil},
		"no key that fits in jwks":      {place{}, Client{ID: "web", JWKS: set}, encrypting, 1, 400, nil},
		"no keys at all":                {place{}, Client{ID: "web"}, encrypting, 1, 400, nil},
		"we cannot ask":                 {place{err: oauth.ErrUnavailable}, byURI, encrypting, 1, 503, oauth.ErrUnavailable},
		"no key of ours":                {place{}, byURI, Protection{Alg: keys.ES512}, 1, 500, keys.ErrNoKey},
		"no key of ours, to be nested":  {place{}, byURI, Protection{Alg: keys.ES512, EncryptionAlg: keys.ECDHES}, 1, 500, keys.ErrNoKey},
		"no algorithm":                  {place{}, byURI, Protection{}, 1, 500, keys.ErrNoKey},
		"no secret":                     {place{}, byURI, Protection{Alg: keys.HS256}, 1, 500, errNoKey},
		"a hashed secret":               {place{}, Client{ID: "web", Secrets: []Secret{PlainSecret(strings.Repeat("s", 64))}}, Protection{Alg: keys.HS256}, 1, 500, errNoKey},
		"a short secret":                {place{}, Client{ID: "web", Secrets: []Secret{KeptSecret(strings.Repeat("s", 47))}}, Protection{Alg: keys.HS384}, 1, 500, errNoKey},
		"too large":                     {place{}, byURI, Protection{Alg: keys.ES256}, strings.Repeat("x", keys.MaxJWS), 500, keys.ErrTooLarge},
		"no JSON form":                  {place{}, byURI, Protection{Alg: keys.ES256}, func() {}, 500, nil},
		"no JSON form, to be encrypted": {place{}, byURI, Protection{EncryptionAlg: keys.ECDHES}, func() {}, 500, nil},
	} {
		p, _ := protectorOn(t, &tt.at, keys.ES256)
		token, err := p.Protect(t.Context(), &tt.c, tt.how, keys.TypeIDToken, tt.claims)
		if err == nil || token != "" {
			t.Errorf("%s: made", why)
			continue
		}
		told := oauth.AsError(err)
		if told.Status != tt.status || tt.inError != nil && !errors.Is(err, tt.inError) {
			t.Errorf("%s: %d, %v", why, told.Status, err)
		}
		if tt.status == 400 && (told.Code != "invalid_request" || told.Description != "no key of the client to encrypt for could be read") {
			t.Errorf("%s: %+v", why, told)
		}
	}
}
