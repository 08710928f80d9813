package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

func privateJWK(t *testing.T, jwk jose.JSONWebKey) string {
	t.Helper()
	text, err := jwk.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func inPEM(t *testing.T, kind string, der []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func newSigner(t *testing.T, alg string) crypto.Signer {
	t.Helper()
	private, err := generate(alg)
	if err != nil {
		t.Fatal(err)
	}
	return private
}

// What is signed verifies by the public key alone, under the name the key has.
func TestPrivateKeysSign(t *testing.T) {
	rsaKey, p256, p384, p521, ed := newSigner(t, RS256), newSigner(t, ES256), newSigner(t, ES384), newSigner(t, ES512), newSigner(t, EdDSA)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(ed)
	edPEM := inPEM(t, "PRIVATE KEY", pkcs8, err)
	ec, err := x509.MarshalECPrivateKey(p256.(*ecdsa.PrivateKey))
	ecPEM := inPEM(t, "EC PRIVATE KEY", ec, err)
	parameters := inPEM(t, "EC PARAMETERS", []byte{6, 8, 42, 134, 72, 206, 61, 3, 1, 7}, nil)
	for name, test := range map[string]struct {
		text    string
		private crypto.Signer
		alg     string
		kid     string
	}{
		"JWK with alg and kid": {privateJWK(t, jose.JSONWebKey{Key: rsaKey, KeyID: "k 1", Algorithm: PS384}), rsaKey, PS384, "k 1"},
		"JWK on P-256":         {" \n" + privateJWK(t, jose.JSONWebKey{Key: p256}), p256, ES256, ""},
		"JWK on P-384":         {privateJWK(t, jose.JSONWebKey{Key: p384}), p384, ES384, ""},
		"JWK on P-521":         {privateJWK(t, jose.JSONWebKey{Key: p521}), p521, ES512, ""},
		"JWK called Ed25519":   {privateJWK(t, jose.JSONWebKey{Key: ed, Algorithm: "Ed25519"}), ed, EdDSA, ""},
		"PKCS #8":              {edPEM, ed, EdDSA, ""},
		"EC with parameters":   {parameters + ecPEM, p256, ES256, ""},
		"PKCS #1":              {inPEM(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey.(*rsa.PrivateKey)), nil), rsaKey, RS256, ""},
	} {
		k, err := ParsePrivateKey([]byte(test.text))
		if err != nil || k.Alg() != test.alg {
			t.Errorf("%s: %v, %v", name, k, err)
			continue
		}
		signed, err := k.Sign("client-authentication+jwt", map[string]string{"sub": "gate"})
		if err != nil {
			t.Fatal(err)
		}
		set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: test.private.Public(), KeyID: test.kid}}})
		if err != nil {
			t.Fatal(err)
		}
		public, err := ParsePublicKeys(set)
		if err != nil {
			t.Fatal(err)
		}
		got, err := public.Verify(signed, []string{test.alg})
		if err != nil || string(got.Payload) != `{"sub":"gate"}` || got.Type != "client-authentication+jwt" || test.kid != "" && got.KeyID != test.kid || got.KeyID == "" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestThreat038_PrivateKeysThatAreNone(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p224DER, err := x509.MarshalECPrivateKey(p224)
	p256 := newSigner(t, ES256)
	public, marshalErr := x509.MarshalPKIXPublicKey(p256.Public())
	for name, text := range map[string]string{
		"nothing":           "",
		"words":             "canary",
		"a public JWK":      privateJWK(t, jose.JSONWebKey{Key: p256.Public()}),
		"a secret":          privateJWK(t, jose.JSONWebKey{Key: []byte("canary-0123456789-0123456789-012")}),
		"a member twice":    strings.Replace(privateJWK(t, jose.JSONWebKey{Key: p256}), "{", `{"kty":"EC",`, 1),
		"another algorithm": privateJWK(t, jose.JSONWebKey{Key: p256, Algorithm: RS256}),
		"an HMAC":           privateJWK(t, jose.JSONWebKey{Key: p256, Algorithm: HS256}),
		"a kid with quotes": privateJWK(t, jose.JSONWebKey{Key: p256, KeyID: `","alg":"none`}),
		"a small RSA key":   inPEM(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(small), nil),
		"another curve":     inPEM(t, "EC PRIVATE KEY", p224DER, err),
		"a public key":      inPEM(t, "PUBLIC KEY", public, marshalErr),
		"no key in PEM":     inPEM(t, "PRIVATE KEY", []byte("canary"), nil),
	} {
		if k, err := ParsePrivateKey([]byte(text)); err == nil || k != nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
}

func TestPrivateKeysPrintNothing(t *testing.T) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k, err := ParsePrivateKey([]byte(privateJWK(t, jose.JSONWebKey{Key: private})))
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if shown := fmt.Sprintf(verb, k); shown != "REDACTED" {
			t.Errorf("%s: %s", verb, shown)
		}
	}
}
