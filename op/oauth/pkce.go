package oauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
)

// MethodS256 is the only code_challenge_method served (RFC 9700 section 2.1.1).
const MethodS256 = "S256"

// Challenge is an S256 code_challenge (RFC 7636 section 4.2); the empty one is none.
type Challenge string

// ParseChallenge reads code_challenge and code_challenge_method. An omitted method would mean plain
// (RFC 7636 section 4.3), which shows the verifier to whoever sees the request, so it is refused.
func ParseChallenge(challenge, method string) (Challenge, error) {
	switch {
	case challenge == "" && method == "":
		return "", nil
	case challenge == "":
		return "", InvalidRequest("code_challenge_method without code_challenge", nil)
	case method != MethodS256:
		return "", InvalidRequest("code_challenge_method must be S256", nil)
	}
	digest, err := base64.RawURLEncoding.Strict().DecodeString(challenge)
	if err != nil || len(digest) != sha256.Size || strings.ContainsAny(challenge, "\r\n") {
		return "", InvalidRequest("code_challenge is not a base64url SHA-256", err)
	}
	return Challenge(challenge), nil
}

// Proves reports whether verifier is the secret behind the challenge (RFC 7636 section 4.6). It is
// false for the empty challenge and for a verifier that section 4.1 does not allow.
func (c Challenge) Proves(verifier string) bool {
	if c == "" || !ValidVerifier(verifier) {
		return false
	}
	digest := sha256.Sum256([]byte(verifier))
	made := base64.RawURLEncoding.EncodeToString(digest[:])
	return subtle.ConstantTimeCompare([]byte(made), []byte(c)) == 1
}

// ValidVerifier reports whether v has the form of a code_verifier: 43 to 128 unreserved characters
// (RFC 7636 section 4.1).
func ValidVerifier(v string) bool {
	if len(v) < 43 || len(v) > 128 {
		return false
	}
	for i := range len(v) {
		if !unreserved(v[i]) {
			return false
		}
	}
	return true
}

// unreserved is the set of RFC 3986 section 2.3.
func unreserved(c byte) bool {
	return alphanumeric(c) || strings.IndexByte("-._~", c) >= 0
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
