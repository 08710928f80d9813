package keys

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
)

// HalfHash is the left half of a token's hash, base64url: at_hash and c_hash of an ID token signed with alg
// (OpenID Connect Core sections 3.1.3.6 and 3.3.2.11). EdDSA means Ed25519, which hashes with SHA-512.
// ErrAlgorithm for any other algorithm than those of JWS signatures, none included.
func HalfHash(alg, value string) (string, error) {
	var sum []byte
	switch alg {
	case "RS256", "PS256", "ES256", "HS256":
		h := sha256.Sum256([]byte(value))
		sum = h[:]
	case "RS384", "PS384", "ES384", "HS384":
		h := sha512.Sum384([]byte(value))
		sum = h[:]
	case "RS512", "PS512", "ES512", "HS512", EdDSA:
		h := sha512.Sum512([]byte(value))
		sum = h[:]
	default:
		return "", fmt.Errorf("%w: no hash is known for it", ErrAlgorithm)
	}
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2]), nil
}
