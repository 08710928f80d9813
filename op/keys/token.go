package keys

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
)

// Prefixes of opaque secrets. Each kind has its own, so that one can neither be taken for another nor pass a
// secret scanner unnoticed.
const (
	PrefixCode    = "gac_" // authorization code
	PrefixRefresh = "grt_" // refresh token
	PrefixAccess  = "gat_" // opaque access token
	PrefixDevice  = "gdc_" // device code

	PrefixRegistration = "grr_" // registration access token
	PrefixSite         = "gsc_" // code that brings a browser back to a guarded site
)

const (
	secretBytes = 32
	idBytes     = 16
)

// NewToken makes a bearer secret: the prefix and 256 random bits in base64url, 43 characters; RFC 6749 section
// 10.10 wants a guess to succeed with a probability of 2^-160 at most.
func NewToken(prefix string) string { return prefix + random(secretBytes) }

// NewID makes an identifier of 128 random bits in base64url, 22 characters. It is unique, not secret.
func NewID() string { return random(idBytes) }

// random never fails: crypto/rand ends the process when the system has no randomness, which is what we want.
func random(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Digest is the base64url SHA-256 of a secret, the key under which a store keeps what hangs from it. Secrets from
// NewToken are beyond guessing, so a slow hash would add nothing.
func Digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Equal compares in a time that tells neither where the strings differ nor how long they are.
func Equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
