package user

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"

	"github.com/seed-5b16f944/gatehouse/op/throttle"
)

var (
	// ErrNotFound says that there is no such account.
	ErrNotFound = errors.New("user is not known")
	// ErrWrong is the answer to every sign-in that fails: unknown account, wrong password, disabled
	// account, account without a password.
	ErrWrong = errors.New("name or password is wrong")
	// ErrBusy says that too many passwords are being checked; it wraps oauth.ErrUnavailable.
	ErrBusy = throttle.ErrBusy
)

// User is one account. It is shared and must not be written to once it is in a Directory.
type User struct {
	// Account is the canonical name, under which everything is stored; a Directory sets it.
	Account string
	// Name is as the operator wrote it, and is shown.
	Name string
	// PasswordHash is one the Directory's Hasher reads; "" is an account nobody can sign in to by password.
	PasswordHash string
	// Sub is the subject identifier; "" derives one from Account.
	Sub string
	// Claims are about the person, by the names of OIDC Core section 5.1 and others.
	Claims map[string]any
	// Elsewhere says who vouches for further claims, by their names. A Directory reads it from _claim_names and
	// _claim_sources, which it takes out of Claims.
	Elsewhere map[string]Source
	// Disabled ends all that hangs from the account.
	Disabled bool
}

// DisplayName is how the person is addressed: by the claim `name`, else by the username.
func (u *User) DisplayName() string {
	if name, _ := u.Claims["name"].(string); name != "" {
		return name
	}
	return u.Name
}

// AllClaims are the person's claims; whoever has no other preferred_username goes by the name of the account, as at
// userinfo. They are shared, and never written to.
func (u *User) AllClaims() map[string]any {
	const name = "preferred_username"
	if _, has := u.Claims[name]; has {
		return u.Claims
	}
	claims := map[string]any{name: u.Name}
	maps.Copy(claims, u.Claims)
	return claims
}

// Stamp changes when the password does: sessions and grants made under another stamp are over.
func (u *User) Stamp() string {
	sum := sha256.Sum256([]byte("stamp\x00" + u.PasswordHash))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// Hasher checks passwords against the hashes of the accounts.
type Hasher interface {
	// Compare reports whether password belongs to hash; an error means that hash cannot be read.
	Compare(hash, password []byte) (bool, error)
	// FakeHash is a well-formed hash of the default cost, for names that have none.
	FakeHash() []byte
}

// HashChecker is a Hasher that can say what is wrong with a hash without the cost of a comparison. The
// faults of its users are then found when they are read and not at their next sign-in.
type HashChecker interface {
	CheckHash(hash []byte) error
}

// Subject is the sub of a user: the one configured, else an HMAC of the canonical name under a key that
// stays in the provider's store, so that it tells nothing about the name.
func (d *Directory) Subject(u *User, mac func(purpose string, parts ...string) string) string {
	if u.Sub != "" {
		return u.Sub
	}
	return mac("sub", u.Account)
}

// PairwiseSubject is the sub of a user for the clients of one sector (OIDC Core section 8.1). It follows from
// nothing an operator could change but the name of the account, and without the key two sectors cannot find out
// that they know the same person, not even of one whose public sub is configured.
func (d *Directory) PairwiseSubject(u *User, sector string, mac func(purpose string, parts ...string) string) string {
	return mac("pairwise", sector, u.Account)
}

// CheckSubjects lists the users whose sub is reserved for a client_id: a token that a client got for itself has
// its client_id as sub, and would then be taken for the person's (RFC 9700 section 4.15).
func CheckSubjects(users []*User, reserved func(sub string) bool) []error {
	var faults []error
	for _, u := range users {
		if u.Sub != "" && reserved(u.Sub) {
			faults = append(faults, fmt.Errorf("user %s: sub: is the id of a client", u.Name))
		}
	}
	return faults
}
