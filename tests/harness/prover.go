package harness

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Prover is a client's key with which it makes DPoP proofs (RFC 9449). It remembers the nonce it was given last, and
// may be used by many goroutines.
type Prover struct {
	alg string
	key crypto.Signer

	mu    sync.Mutex
	nonce string
}

// Claims are those of a proof to add or change; one that is nil is left out.
type Claims map[string]any

// NewProver makes a key for one of ES256, ES384, EdDSA, PS256 and RS256.
func NewProver(t testing.TB, alg string) *Prover {
	t.Helper()
	p := &Prover{alg: alg}
	var err error
	switch alg {
	case "ES256":
		p.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		p.key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "EdDSA":
		_, p.key, err = ed25519.GenerateKey(rand.Reader)
	case "PS256", "RS256":
		p.key, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		t.Fatalf("no key for %s", alg)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// JWK are the members of the public key.
func (p *Prover) JWK() map[string]any {
	encoded, err := jose.JSONWebKey{Key: p.key.Public()}.MarshalJSON()
	if err != nil {
		panic(err) // a key of NewProver always has a JSON form
	}
	members := map[string]any{}
	if err := json.Unmarshal(encoded, &members); err != nil {
		panic(err)
	}
	return members
}

// PrivateJWK are the members of the key with those that nobody may tell.
func (p *Prover) PrivateJWK() map[string]any {
	encoded, err := jose.JSONWebKey{Key: p.key}.MarshalJSON()
	if err != nil {
		panic(err)
	}
	members := map[string]any{}
	if err := json.Unmarshal(encoded, &members); err != nil {
		panic(err)
	}
	return members
}

// JKT is the thumbprint of the key (RFC 7638).
func (p *Prover) JKT() string {
	sum, err := (&jose.JSONWebKey{Key: p.key.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(sum)
}

// Proof is a proof for a request, with the access token that goes with it ("" for none), the nonce that was given last, and
// with claims changed.
func (p *Prover) Proof(method, address, token string, changed ...Claims) string {
	claims := Claims{"jti": rand.Text(), "htm": method, "htu": address, "iat": time.Now().Unix()}
	if token != "" {
		sum := sha256.Sum256([]byte(token))
		claims["ath"] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	if nonce := p.Nonce(); nonce != "" {
		claims["nonce"] = nonce
	}
	for _, more := range changed {
		maps.Copy(claims, more)
	}
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return p.Sign(claims, nil)
}

// Sign makes a JWT of claims with the header of a proof, of which members are changed.
func (p *Prover) Sign(claims, header Claims) string {
	members := Claims{"typ": "dpop+jwt", "alg": p.alg, "jwk": p.JWK()}
	maps.Copy(members, header)
	maps.DeleteFunc(members, func(_ string, value any) bool { return value == nil })
	encode := func(of Claims) string {
		text, err := json.Marshal(of)
		if err != nil {
			panic(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	input := encode(members) + "." + encode(claims)
	return input + "." + base64.RawURLEncoding.EncodeToString(p.signature(input))
}

// signature is that of a JWS signing input (RFC 7518 section 3.1).
func (p *Prover) signature(input string) []byte {
	hash, message := crypto.SHA256, []byte(input)
	if p.alg == "ES384" {
		hash = crypto.SHA384
	}
	digest := hash.New()
	digest.Write(message)
	sum := digest.Sum(nil)
	switch key := p.key.(type) {
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, key, sum)
		if err != nil {
			panic(err)
		}
		half := (key.Params().BitSize + 7) / 8
		signed := make([]byte, 2*half)
		r.FillBytes(signed[:half])
		s.FillBytes(signed[half:])
		return signed
	case ed25519.PrivateKey:
		return ed25519.Sign(key, message)
	case *rsa.PrivateKey:
		var how crypto.SignerOpts = hash
		if p.alg == "PS256" {
			how = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
		}
		signed, err := key.Sign(rand.Reader, sum, how)
		if err != nil {
			panic(err)
		}
		return signed
	}
	panic("no such key")
}

// Heard remembers the nonce of an answer, and reports whether it asks for a proof with it.
func (p *Prover) Heard(header http.Header, status int) bool {
	given := header.Get("DPoP-Nonce")
	if given == "" {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.nonce = given
	return status == http.StatusBadRequest || status == http.StatusUnauthorized
}

// Nonce is the one that was given last.
func (p *Prover) Nonce() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.nonce
}
