package keys

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"
)

func TestParsePublicKeys(t *testing.T) {
	if got := len(theirs(t).keys); got != len(SigningAlgs) {
		t.Errorf("%d keys", got)
	}
	if p := parse(t, []byte(`{"keys":[],"more":{"x":1}}`)); len(p.keys) != 0 || p.Encrypts(RSAOAEP256) {
		t.Error("a key in an empty set")
	}
}

func TestThreat038_UnknownKindsArePassedOver(t *testing.T) {
	x25519, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := base64.RawURLEncoding.EncodeToString(x25519.PublicKey().Bytes())
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	good := members(t, somebodys()[ES256].Public(), map[string]any{"kid": "good"})
	for why, key := range map[string]map[string]any{
		"X25519":           {"kty": "OKP", "crv": "X25519", "x": x},
		"secp256k1":        {"kty": "EC", "crv": "secp256k1", "x": x, "y": x},
		"a lattice":        {"kty": "AKP", "alg": "ML-DSA-65", "pub": x},
		"no kty":           {"kid": "a"},
		"numeric kty":      {"kty": 1},
		"kty in small":     {"kty": "rsa", "n": "AQAB", "e": "AQAB"},
		"RSA of 1024 bits": members(t, &small.PublicKey, nil),
		"RSA of 4104 bits": hugeRSA(4104),
		"RSA of one bit":   hugeRSA(1),
	} {
		p := parse(t, jwks(t, key, good))
		if len(p.keys) != 1 || p.keys[0].kid != "good" {
			t.Errorf("%s: %d keys", why, len(p.keys))
		}
	}
	if p := parse(t, jwks(t, hugeRSA(4096))); len(p.keys) != 1 {
		t.Error("RSA of 4096 bits was not taken")
	}
}

// hugeRSA is a JWK of a modulus of so many bits.
func hugeRSA(bits int) map[string]any {
	n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	n.SetBit(n, 0, 1)
	return map[string]any{"kty": "RSA", "n": base64.RawURLEncoding.EncodeToString(n.Bytes()), "e": "AQAB"}
}

func TestThreat038_HostileSetsAreRefused(t *testing.T) {
	ec := somebodys()[ES256].Public()
	// with is a good key of which one member is something else.
	with := func(name string, value any) []byte { return jwks(t, members(t, ec, map[string]any{name: value})) }
	coordinate := func(b byte) string {
		return base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat(string(rune(b)), 32)))
	}
	rsaKey := func(name string, value any) []byte {
		return jwks(t, members(t, somebodys()[RS256].Public(), map[string]any{name: value}))
	}
	edwards := func(value any) []byte {
		return jwks(t, members(t, somebodys()[EdDSA].Public(), map[string]any{"x": value}))
	}
	tooMany := make([]map[string]any, maxKeys+1)
	for i := range tooMany {
		tooMany[i] = members(t, ec, nil)
	}
	for why, text := range map[string][]byte{
		"off the curve":        with("x", coordinate(7)),
		"the point at nought":  jwks(t, members(t, ec, map[string]any{"x": coordinate(0), "y": coordinate(0)})),
		"another curve":        with("crv", "P-384"),
		"a short coordinate":   with("x", "AQ"),
		"a numeric coordinate": with("x", 1),
		"no coordinate":        with("x", nil),
		"no base64url":         with("x", "+/=="),
		"numeric kid":          with("kid", 1),
		"null kid":             with("kid", nil),
		"alg as a list":        with("alg", []string{ES256}),
		"use as an object":     with("use", map[string]any{}),
		"key_ops as a word":    with("key_ops", "verify"),
		"numeric key_ops":      with("key_ops", []any{1}),
		"null key_ops":         with("key_ops", nil),
		"RSA without n":        rsaKey("n", nil),
		"RSA with n of zero":   rsaKey("n", "AA"),
		"RSA with even n":      rsaKey("n", base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("\xfe", 256)))),
		"RSA without e":        rsaKey("e", nil),
		"RSA with e of one":    rsaKey("e", "AQ"),
		"RSA with even e":      rsaKey("e", "BA"),
		"RSA with huge e":      rsaKey("e", base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("\xff", 64)))),
		"short Ed25519":        edwards("AAAA"),
		"no Ed25519":           edwards(nil),
		"private EC":           jwks(t, members(t, somebodys()[ES256], nil)),
		"private RSA":          jwks(t, members(t, somebodys()[RS256], nil)),
		"private Ed25519":      jwks(t, members(t, somebodys()[EdDSA], nil)),
		"half private":         with("d", "AQ"),
		"private, unknown kty": jwks(t, map[string]any{"kty": "XYZ", "d": "AQ"}),
		"a lattice's seed":     jwks(t, map[string]any{"kty": "AKP", "priv": "AQ"}),
		"other primes":         rsaKey("oth", []any{}),
		"oct":                  jwks(t, map[string]any{"kty": "oct", "k": "c2VjcmV0"}),
		"oct without k":        jwks(t, map[string]any{"kty": "oct"}),
		"oct among others":     jwks(t, members(t, ec, nil), map[string]any{"kty": "oct", "k": "c2VjcmV0"}),
		"too many":             jwks(t, tooMany...),
		"too large":            []byte(`{"keys":[],"x":"` + strings.Repeat("x", maxJWKS) + `"}`),
		"a key alone":          []byte(`{"kty":"EC"}`),
		"a key that is none":   []byte(`{"keys":[1]}`),
		"a list":               []byte(`[]`),
		"keys as an object":    []byte(`{"keys":{}}`),
		"Keys":                 []byte(`{"Keys":[]}`),
		"null":                 []byte(`null`),
		"nothing":              nil,
	} {
		if p, err := ParsePublicKeys(text); err == nil || p != nil {
			t.Errorf("%s: taken", why)
		}
	}
}

func TestThreat039_AJWKSetHasOneReading(t *testing.T) {
	good, err := json.Marshal(members(t, somebodys()[ES256].Public(), nil))
	if err != nil {
		t.Fatal(err)
	}
	key := string(good)
	for why, text := range map[string]string{
		"keys twice":     `{"keys":[],"keys":[` + key + `]}`,
		"kid twice":      `{"keys":[` + strings.Replace(key, "{", `{"kid":"a","kid":"b",`, 1) + `]}`,
		"x twice":        `{"keys":[` + strings.Replace(key, "{", `{"x":"AQ",`, 1) + `]}`,
		"trailing bytes": `{"keys":[` + key + `]}x`,
		"deep":           `{"keys":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
	} {
		if p, err := ParsePublicKeys([]byte(text)); err == nil || p != nil {
			t.Errorf("%s: taken", why)
		}
	}
	if _, err := ParsePublicKeys([]byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"s3cret","y":"AA"}]}`)); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("the error quotes the set: %v", err)
	}
}

// Certificates in a key name other keys, and where they lie is no business of ours.
func TestThreat032_CertificatesOfAKeyAreNotRead(t *testing.T) {
	p := parse(t, jwks(t, members(t, somebodys()[ES256].Public(), map[string]any{
		"x5c": []any{"no certificate"}, "x5u": "https://evil.example/%zz", "x5t": 1, "x5t#S256": true,
	})))
	if len(p.keys) != 1 {
		t.Error("not taken")
	}
}

func TestThreat038_ReadingTheWorstSetIsCheap(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]map[string]any, maxKeys)
	for i := range all {
		all[i] = members(t, &private.PublicKey, nil)
	}
	huge := hugeRSA(8 * 40 << 10)
	for why, text := range map[string][]byte{"many curves": jwks(t, all...), "one huge modulus": jwks(t, huge)} {
		begin := time.Now()
		_, _ = ParsePublicKeys(text)
		if took := time.Since(begin); took > 50*time.Millisecond {
			t.Errorf("%s: %s", why, took)
		}
	}
}

func FuzzParsePublicKeys(f *testing.F) {
	for _, alg := range []string{RS256, ES256, EdDSA} {
		f.Add(jwks(f, members(f, somebodys()[alg].Public(), map[string]any{"kid": "a", "alg": alg, "use": "sig", "key_ops": []string{"verify"}})))
	}
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"AA"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"OKP","crv":"X25519","x":"AA"}]}`))
	token := signAs(f, ES256, somebodys()[ES256], `{"alg":"ES256"}`, `{}`)
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := ParsePublicKeys(text)
		if err != nil {
			if p != nil {
				t.Fatal("keys and an error")
			}
			return
		}
		if len(p.keys) > maxKeys {
			t.Fatal("too many keys")
		}
		for _, k := range p.keys {
			if !fitsSome(k.key) {
				t.Fatalf("a key that fits nothing: %T", k.key)
			}
		}
		_, _ = p.Verify(token, SigningAlgs)
		for _, alg := range EncryptionAlgs {
			if _, err := p.Encrypt([]byte("x"), alg, A256GCM, Inside{}); p.Encrypts(alg) != (err == nil) {
				t.Fatalf("%s: %v", alg, err)
			}
		}
	})
}
