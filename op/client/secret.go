package client

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"
)

// digestPrefix marks a secret that is kept as its SHA-256, base64url without padding.
const digestPrefix = "$sha256$"

// secretBytes is the size of the secrets made here; they need no slow hash because nobody can try them all.
const secretBytes = 64

// Secret is what a client proves itself by. It holds only the SHA-256, or the slow hash an operator made of
// it, unless the client uses it as a key. The zero Secret is no secret and proves nothing.
type Secret struct {
	digest  string
	plain   string // kept by KeptSecret alone
	hash    string
	compare func(hash, plain []byte) (bool, error)
}

// PlainSecret takes a secret as it is and keeps its digest. The empty one proves nothing.
func PlainSecret(plain string) Secret {
	if plain == "" {
		return Secret{}
	}
	return Secret{digest: digest(plain)}
}

// KeptSecret takes a secret as it is and keeps it, for a client that makes or reads HMACs with it (OIDC Core
// sections 9 and 10.1). The empty one proves nothing.
func KeptSecret(plain string) Secret {
	kept := PlainSecret(plain)
	kept.plain = plain
	return kept
}

// Plain is the secret itself, false unless it was kept.
func (s Secret) Plain() (string, bool) { return s.plain, s.plain != "" }

// DigestSecret reads the form that NewSecretHash and SecretHash make.
func DigestSecret(form string) (Secret, error) {
	encoded, ok := strings.CutPrefix(form, digestPrefix)
	if !ok {
		return Secret{}, errors.New("secret: does not begin with " + digestPrefix)
	}
	sum, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || len(sum) != sha256.Size || strings.ContainsAny(encoded, "\r\n") {
		return Secret{}, errors.New("secret: " + digestPrefix + " is not followed by a base64url SHA-256")
	}
	return Secret{digest: encoded}, nil
}

// IsDigestSecret reports whether a configured secret is meant for DigestSecret.
func IsDigestSecret(form string) bool { return strings.HasPrefix(form, digestPrefix) }

// HashedSecret takes the hash an operator made of a secret they chose, and what compares a plain secret
// with it. compare may be slow; an Authenticator remembers what it found right.
func HashedSecret(hash string, compare func(hash, plain []byte) (bool, error)) Secret {
	if hash == "" || compare == nil {
		return Secret{}
	}
	return Secret{hash: hash, compare: compare}
}

// NewSecretHash makes a secret of 512 random bits and the form to write into the configuration.
func NewSecretHash() (secret, form string) {
	random := make([]byte, secretBytes)
	// crypto/rand.Read ends the process rather than return less than it was asked for.
	_, _ = rand.Read(random)
	secret = base64.RawURLEncoding.EncodeToString(random)
	return secret, SecretHash(secret)
}

// SecretHash is the form to write into the configuration for a secret that is long and random already.
func SecretHash(secret string) string { return digestPrefix + digest(secret) }

// Verify reports whether plain is the secret. An error means that the hash could not be read: the
// operator's fault, and no proof.
func (s Secret) Verify(plain string) (bool, error) {
	switch {
	case plain == "":
		return false, nil
	case s.compare != nil:
		return s.compare([]byte(s.hash), []byte(plain))
	}
	return subtle.ConstantTimeCompare([]byte(digest(plain)), []byte(s.digest)) == 1, nil
}

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.digest == "" && s.compare == nil }

// slow reports whether Verify costs a password hash.
func (s Secret) slow() bool { return s.compare != nil }

// String hides the digest, as GoString and MarshalJSON do: a secret that somebody chose can be
// guessed from it, and logs and dumps are read by many.
func (s Secret) String() string { return "[secret]" }

// GoString is String.
func (s Secret) GoString() string { return s.String() }

// MarshalJSON is String, quoted.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"[secret]"`), nil }

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
