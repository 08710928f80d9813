package keys

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// somebodys are the private keys of another party, one for each algorithm; RSA keys take long to make.
var somebodys = sync.OnceValue(func() map[string]crypto.Signer {
	made := map[string]crypto.Signer{}
	for _, alg := range SigningAlgs {
		if a := algorithms[alg]; a.family == pss {
			made[alg] = made[RS256]
			continue
		}
		private, err := generate(alg)
		if err != nil {
			panic(err)
		}
		made[alg] = private
	}
	return made
})

// members are the JWK of a key, with more members or others.
func members(t testing.TB, key any, more map[string]any) map[string]any {
	t.Helper()
	encoded, err := jose.JSONWebKey{Key: key}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]any{}
	if err := json.Unmarshal(encoded, &m); err != nil {
		t.Fatal(err)
	}
	maps.Copy(m, more)
	return m
}

// jwks is a JWK Set as text.
func jwks(t testing.TB, keys ...map[string]any) []byte {
	t.Helper()
	if keys == nil {
		keys = []map[string]any{}
	}
	text, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func parse(t testing.TB, text []byte) *PublicKeys {
	t.Helper()
	p, err := ParsePublicKeys(text)
	if err != nil {
		t.Fatalf("parse %s: %v", text, err)
	}
	return p
}

// theirs is the set of somebody with one key for each algorithm, whose kid is the algorithm.
func theirs(t testing.TB) *PublicKeys {
	t.Helper()
	var set []map[string]any
	for _, alg := range SigningAlgs {
		set = append(set, members(t, somebodys()[alg].Public(), map[string]any{"kid": alg, "alg": alg, "use": "sig"}))
	}
	return parse(t, jwks(t, set...))
}

// signAs signs with a key under a header that the test wrote.
func signAs(t testing.TB, alg string, private crypto.Signer, header, payload string) string {
	t.Helper()
	signature, err := sign(alg, private, join(header, []byte(payload)))
	if err != nil {
		t.Fatal(err)
	}
	return encode(header) + "." + encode(payload) + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// notTaken wants a token refused by every verifier of foreign tokens.
func notTaken(t testing.TB, p *PublicKeys, token, why string) {
	t.Helper()
	if got, err := p.Verify(token, everyName); !errors.Is(err, ErrNotVerified) || got.Payload != nil {
		t.Errorf("%s: verified: %v", why, err)
	}
	if got, err := VerifyHMAC(longSecret, token, everyName); !errors.Is(err, ErrNotVerified) || got.Payload != nil {
		t.Errorf("%s: verified as HMAC: %v", why, err)
	}
}

// everyName is a caller that allows whatever it can name, which is more than is good.
var everyName = append([]string{AlgNone, "None", "nOnE", "", HS256, HS384, HS512, "ES256K", "Ed25519", "RS1"}, SigningAlgs...)

// longSecret is a secret as they are made here.
const longSecret = "FmJxGwq0b5yUjJwcwlQX8mA1c7n2oR4s9k6t3v0z5x7y1w2e4r6t8y0u9i8o7p6a5s4d3f2g1h0j9k8l7z6x5c4v"
