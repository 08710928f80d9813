package keys

import (
	"crypto"
	"encoding/base64"
	"fmt"
)

// HalfHash is the left half of a token's hash, base64url: at_hash and c_hash of an ID token signed with alg
// (OpenID Connect Core sections 3.1.3.6 and 3.3.2.11). EdDSA means Ed25519, which hashes with SHA-512.
// ErrAlgorithm for any other algorithm than those of JWS signatures, none included.
func HalfHash(alg, value string) (string, error) {
	hash := algorithms[alg].hash
	if hash == 0 {
		hash = hmacHash(alg)
	}
	if alg == EdDSA {
		hash = crypto.SHA512
	}
	if hash == 0 {
		return "", fmt.Errorf("%w: no hash is known for it", ErrAlgorithm)
	}
	sum := digest(hash, []byte(value))
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2]), nil
}
