package discovery

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// sha256Of is the digest of a client's secret, as the configuration takes it.
func sha256Of(secret string) string {
	digest := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(digest[:])
}

// bcryptOf is a hash of a password that is quick to compare.
func bcryptOf(t *testing.T, password string) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(hash)
}

func has(names []string, name string) bool { return slices.Contains(names, name) }
