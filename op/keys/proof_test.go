package keys

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// proofBy signs claims with a key of somebody's, under a header of which members are changed; one that is nil is left
// out.
func proofBy(t testing.TB, alg string, claims, changed map[string]any) string {
	t.Helper()
	key := somebodys()[alg]
	header := map[string]any{"typ": TypeProof, "alg": alg, "jwk": members(t, key.Public(), nil)}
	maps.Copy(header, changed)
	maps.DeleteFunc(header, func(_ string, value any) bool { return value == nil })
	text, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	input := join(string(text), payload)
	signature, err := sign(alg, key, input)
	if err != nil {
		t.Fatal(err)
	}
	return string(input) + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestProofOfEachAlgorithm(t *testing.T) {
	for _, alg := range ProofAlgs {
		got, err := VerifyProof(proofBy(t, alg, map[string]any{"jti": alg}, nil))
		if err != nil || string(got.Payload) != `{"jti":"`+alg+`"}` {
			t.Errorf("%s: %q, %v", alg, got.Payload, err)
		}
		if again, err := VerifyProof(proofBy(t, alg, nil, nil)); err != nil || again.Thumbprint != got.Thumbprint || len(got.Thumbprint) != 43 {
			t.Errorf("%s: thumbprints %q and %q, %v", alg, got.Thumbprint, again.Thumbprint, err)
		}
	}
}

// The example of RFC 7638 section 3.1.
func TestThumbprintIsThatOfRFC7638(t *testing.T) {
	set := parse(t, []byte(`{"keys":[{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}]}`))
	got, err := thumbprintOf(set.keys[0].key)
	if err != nil || got != "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestThreat032_AProofBringsAPublicKeyAndNothingElse(t *testing.T) {
	key := somebodys()[ES256]
	jwk := func(more map[string]any) map[string]any { return members(t, key.Public(), more) }
	private := members(t, key, nil)
	large := map[string]any{"kty": "RSA", "e": "AQAB", "n": base64.RawURLEncoding.EncodeToString(append([]byte{0xff}, make([]byte, 1024)...))}
	for what, changed := range map[string]map[string]any{
		"no typ":                   {"typ": nil},
		"the typ of an ID token":   {"typ": TypeIDToken},
		"of an access token":       {"typ": TypeAccessToken},
		"in other letters":         {"typ": "DPoP+JWT"},
		"as a media type":          {"typ": "application/dpop+jwt"},
		"no alg":                   {"alg": nil},
		"none":                     {"alg": AlgNone},
		"HS256":                    {"alg": HS256},
		"another curve":            {"alg": ES384},
		"another family":           {"alg": RS256},
		"no key":                   {"jwk": nil},
		"a key that is text":       {"jwk": "key"},
		"an empty key":             {"jwk": map[string]any{}},
		"a private key":            {"jwk": private},
		"a symmetric key":          {"jwk": map[string]any{"kty": "oct", "k": "c2VjcmV0"}},
		"a huge key":               {"jwk": large, "alg": RS256},
		"a point off its curve":    {"jwk": jwk(map[string]any{"y": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"})},
		"a key for encryption":     {"jwk": jwk(map[string]any{"use": "enc"})},
		"a key that cannot verify": {"jwk": jwk(map[string]any{"key_ops": []string{"deriveKey"}})},
		"a key for another alg":    {"jwk": jwk(map[string]any{"alg": ES384})},
		"a critical extension":     {"crit": []string{"exp"}},
		"a key elsewhere":          {"jwk": nil, "jku": "https://evil.example/jwks"},
		"a certificate":            {"jwk": nil, "x5c": []string{"MIIB"}},
	} {
		if got, err := VerifyProof(proofBy(t, ES256, nil, changed)); !errors.Is(err, ErrNotVerified) || got.Thumbprint != "" {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
	// What else stands in the header is not read.
	if _, err := VerifyProof(proofBy(t, ES256, nil, map[string]any{"kid": "1", "jku": "https://evil.example/jwks", "x5c": []string{"MIIB"}})); err != nil {
		t.Error(err)
	}
}

func TestProofThatWasAlteredOrIsTooLong(t *testing.T) {
	proof := proofBy(t, ES256, map[string]any{"jti": "1", "htm": "GET"}, nil)
	parts := strings.Split(proof, ".")
	other := strings.Split(proofBy(t, ES256, map[string]any{"jti": "2", "htm": "GET"}, nil), ".")
	for what, text := range map[string]string{
		"nothing":                "",
		"dots":                   "..",
		"no signature":           parts[0] + "." + parts[1] + ".",
		"two parts":              parts[0] + "." + parts[1],
		"another payload":        parts[0] + "." + other[1] + "." + parts[2],
		"another signature":      parts[0] + "." + parts[1] + "." + other[2],
		"a blank at the end":     proof + " ",
		"padding":                proof + "=",
		"two of them":            proof + "," + proof,
		"longer than any may be": proofBy(t, ES256, map[string]any{"jti": strings.Repeat("x", MaxProof)}, nil),
	} {
		if _, err := VerifyProof(text); !errors.Is(err, ErrNotVerified) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Whatever byte of a proof is changed, it is one no more, or says what it said.
func TestProofsHaveNoOtherSpelling(t *testing.T) {
	proof := proofBy(t, EdDSA, map[string]any{"jti": "1"}, nil)
	want, err := VerifyProof(proof)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(proof)-1).Draw(t, "at")
		altered := []byte(proof)
		altered[at] = rapid.Byte().Draw(t, "byte")
		if got, err := VerifyProof(string(altered)); string(altered) != proof && err == nil {
			t.Fatalf("%q verifies as %+v, like %+v", altered, got, want)
		}
	})
}

// A proof is no token of any other kind, and no other token is a proof.
func TestMust042_AProofIsNoOtherToken(t *testing.T) {
	c := newClock()
	ring := newRing(t, c, ES256)
	proof := proofBy(t, ES256, map[string]any{"iss": "x", "sub": "x", "aud": "x", "jti": "1"}, nil)
	refused(t, ring, proof, "a proof")
	for _, typ := range []string{TypeIDToken, TypeAccessToken, TypeRequestObject, TypeProof} {
		if _, err := VerifyProof(mustSign(t, ring, ES256, typ, map[string]any{"jti": "1"})); !errors.Is(err, ErrNotVerified) {
			t.Errorf("a token of ours with typ %s is a proof: %v", typ, err)
		}
	}
	// The keys of a client verify what it signs and not what it proves: that is the caller's to tell by its type.
	set := parse(t, jwks(t, members(t, somebodys()[ES256].Public(), nil)))
	if got, err := set.Verify(proof, SigningAlgs); err != nil || got.Type != TypeProof {
		t.Errorf("%+v, %v", got, err)
	}
}

func BenchmarkVerifyProof(b *testing.B) {
	for _, alg := range ProofAlgs {
		proof := proofBy(b, alg, map[string]any{"jti": "1", "htm": "GET", "htu": "https://api.example.com/orders", "iat": 1}, nil)
		b.Run(alg, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := VerifyProof(proof); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
