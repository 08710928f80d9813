package keys

import (
	"crypto"
	"encoding/base64"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// TypeProof is the typ of a DPoP proof (RFC 9449 section 4.2), the one kind of token that brings its key along.
const TypeProof = "dpop+jwt"

// MaxProof is the longest DPoP proof in bytes that is read. One with an RSA key of 4096 bits has half of it.
const MaxProof = 4 << 10

// ProofAlgs are the signature algorithms of DPoP proofs: one for each kind of key that clients have, none of
// them symmetric (RFC 9449 section 4.3).
var ProofAlgs = []string{ES256, EdDSA, ES384, PS256, RS256}

// Proof is a DPoP proof whose signature is that of the key it brings along. That says nothing but that whoever made
// it has that key; its claims are the caller's to judge.
type Proof struct {
	// Thumbprint is the SHA-256 thumbprint of the key (RFC 7638), in base64url.
	Thumbprint string
	Payload    []byte
}

// VerifyProof takes a DPoP proof apart and verifies it with the key in its own header (RFC 9449 section 4.3). It is
// the only reader of a jwk in a header, and takes no token but one of TypeProof. The key has to be public, of a
// kind and size that PublicKeys may have, and made for nothing but signatures with that algorithm. The error is
// ErrNotVerified, whatever was wrong.
func VerifyProof(jws string) (Proof, error) {
	if len(jws) > MaxProof {
		return Proof{}, ErrNotVerified
	}
	c, ok := split(jws)
	if !ok {
		return Proof{}, ErrNotVerified
	}
	alg, key, err := readProofHeader(c.header)
	if err != nil || !verify(alg, key, []byte(c.input), c.signature) {
		return Proof{}, ErrNotVerified
	}
	thumbprint, err := thumbprintOf(key)
	if err != nil {
		return Proof{}, ErrNotVerified
	}
	return Proof{Thumbprint: thumbprint, Payload: c.payload}, nil
}

// readProofHeader reads the protected header of a proof. typ is compared to the letter, since it is what tells a
// proof from a token of another kind.
func readProofHeader(text []byte) (alg string, key crypto.PublicKey, err error) {
	members, err := oauth.ReadObject(text)
	if err != nil {
		return "", nil, err
	}
	h, ok := headerOf(members)
	jwk, has := members["jwk"].(map[string]any)
	if !ok || !has || h.typ != TypeProof || !slices.Contains(ProofAlgs, h.alg) {
		return "", nil, ErrNotVerified
	}
	k, usable, err := parsePublicKey(jwk)
	if err != nil || !usable || !k.verifies(h.alg) {
		return "", nil, ErrNotVerified
	}
	return h.alg, k.key, nil
}

// thumbprintOf is the RFC 7638 thumbprint of a public key, in base64url.
func thumbprintOf(key crypto.PublicKey) (string, error) {
	sum, err := (&jose.JSONWebKey{Key: key}).Thumbprint(crypto.SHA256)
	return base64.RawURLEncoding.EncodeToString(sum), err
}
