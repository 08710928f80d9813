package keys

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// recipients are the private keys to encrypt for.
func recipients() map[string]crypto.Signer {
	return map[string]crypto.Signer{"RSA": somebodys()[RS256], "P-256": somebodys()[ES256], "P-384": somebodys()[ES384], "P-521": somebodys()[ES512]}
}

func TestEncrypt(t *testing.T) {
	for name, private := range recipients() {
		p := parse(t, jwks(t, members(t, private.Public(), map[string]any{"kid": "for you", "use": "enc"})))
		for _, alg := range EncryptionAlgs {
			for _, enc := range EncryptionEncs {
				for _, cty := range []string{"", "JWT"} {
					token, err := p.Encrypt([]byte("hush"), alg, enc, Inside{ContentType: cty})
					if fitting := (name == "RSA") == (alg == RSAOAEP256); !fitting {
						if !errors.Is(err, ErrNoFittingKey) || token != "" {
							t.Errorf("%s for %s: %v", alg, name, err)
						}
						continue
					}
					if err != nil {
						t.Fatal(err)
					}
					checkJWE(t, token, private, alg, enc, cty)
				}
			}
		}
	}
}

// checkJWE lets a common library decrypt.
func checkJWE(t *testing.T, token string, private crypto.Signer, alg, enc, cty string) {
	t.Helper()
	jwe, err := jose.ParseEncryptedCompact(token, []jose.KeyAlgorithm{jose.KeyAlgorithm(alg)}, []jose.ContentEncryption{jose.ContentEncryption(enc)})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := jwe.Decrypt(private)
	if err != nil || string(plain) != "hush" {
		t.Errorf("%s %s: %q, %v", alg, enc, plain, err)
	}
	text, ok := decode64(token[:strings.Index(token, ".")])
	var header map[string]any
	if !ok || json.Unmarshal(text, &header) != nil {
		t.Fatal("no header")
	}
	if header["kid"] != "for you" || (header["cty"] == "JWT") != (cty == "JWT") || header["zip"] != nil {
		t.Errorf("header %s", text)
	}
}

func TestThreat036_WeakEncryptionIsNeverUsed(t *testing.T) {
	p := parse(t, jwks(t, members(t, somebodys()[RS256].Public(), nil), members(t, somebodys()[ES256].Public(), nil)))
	for _, alg := range []string{"RSA1_5", "RSA-OAEP", "PBES2-HS256+A128KW", "dir", "A128KW", "A256GCMKW", "ECDH-ES+A128KW", "none", "", RS256, "ecdh-es"} {
		if token, err := p.Encrypt(nil, alg, A256GCM, Inside{}); !errors.Is(err, ErrAlgorithm) || token != "" {
			t.Errorf("%q: %v", alg, err)
		}
		if p.Encrypts(alg) {
			t.Errorf("%q: there is a key for it", alg)
		}
	}
	for _, enc := range []string{"A128GCM", "A192CBC-HS384", "A256CBC-HS512", "none", ""} {
		if token, err := p.Encrypt(nil, RSAOAEP256, enc, Inside{}); !errors.Is(err, ErrAlgorithm) || token != "" {
			t.Errorf("%q: %v", enc, err)
		}
	}
}

func TestEncryptForTheKeyThatIsMeant(t *testing.T) {
	first, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		t.Fatal(err)
	}
	second := somebodys()[RS256].(*rsa.PrivateKey)
	for why, tt := range map[string]struct {
		first, second map[string]any
		want          *rsa.PrivateKey
	}{
		"both may be":           {nil, nil, first},
		"the one that says so":  {nil, map[string]any{"use": "enc"}, second},
		"not the one to sign":   {map[string]any{"use": "sig"}, nil, second},
		"not of another alg":    {map[string]any{"alg": RS256}, map[string]any{"alg": RSAOAEP256}, second},
		"by its operations":     {map[string]any{"key_ops": []string{"verify"}}, map[string]any{"key_ops": []string{"wrapKey"}}, second},
		"the first of two":      {map[string]any{"use": "enc"}, map[string]any{"use": "enc"}, first},
		"encrypt is good, too":  {map[string]any{"key_ops": []string{"encrypt"}}, nil, first},
		"none of them":          {map[string]any{"use": "sig"}, map[string]any{"alg": PS256}, nil},
		"none by operations":    {map[string]any{"key_ops": []string{}}, map[string]any{"key_ops": []string{"sign"}}, nil},
		"use against operation": {map[string]any{"use": "sig", "key_ops": []string{"encrypt"}}, map[string]any{"use": "enc", "key_ops": []string{"verify"}}, nil},
	} {
		p := parse(t, jwks(t, members(t, &first.PublicKey, tt.first), members(t, &second.PublicKey, tt.second)))
		token, err := p.Encrypt([]byte("hush"), RSAOAEP256, A128CBCHS256, Inside{})
		if p.Encrypts(RSAOAEP256) != (tt.want != nil) {
			t.Errorf("%s: Encrypts", why)
		}
		if tt.want == nil {
			if !errors.Is(err, ErrNoFittingKey) {
				t.Errorf("%s: %v", why, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", why, err)
		}
		jwe, err := jose.ParseEncryptedCompact(token, []jose.KeyAlgorithm{RSAOAEP256}, []jose.ContentEncryption{A128CBCHS256})
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := jwe.Decrypt(tt.want); err != nil || string(plain) != "hush" {
			t.Errorf("%s: encrypted for the other key: %v", why, err)
		}
	}
}

// Web Cryptography exports the public half of an ECDH key with an empty list of operations.
func TestEncryptForAKeyOfABrowser(t *testing.T) {
	for why, tt := range map[string]struct {
		more map[string]any
		want bool
	}{
		"empty list": {map[string]any{"key_ops": []string{}}, true},
		"deriveKey":  {map[string]any{"key_ops": []string{"deriveKey"}}, true},
		"deriveBits": {map[string]any{"key_ops": []string{"deriveBits"}}, true},
		"verify":     {map[string]any{"key_ops": []string{"verify"}}, false},
	} {
		p := parse(t, jwks(t, members(t, somebodys()[ES256].Public(), tt.more)))
		if got := p.Encrypts(ECDHES); got != tt.want {
			t.Errorf("%s: %v", why, got)
		}
	}
}
