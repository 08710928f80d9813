package user

import (
	"context"
	"fmt"
	"hash/maphash"
	"math/bits"
)

// maxPassword bounds what is hashed for a stranger, in bytes. NIST SP 800-63B section 3.1.1.2 asks for
// at least 64 characters.
const maxPassword = 1024

// decoySeed makes which hash stands in for an unknown name unpredictable, and the same for as long as
// this process lives, through every change of configuration.
var decoySeed = maphash.MakeSeed()

// Authenticate checks a name, in any spelling, and a password. Every failure is ErrWrong and costs one
// hash comparison, known account or not: the time tells nothing. At most one comparison runs a core;
// who would wait too long gets ErrBusy. An empty password is never right.
func (d *Directory) Authenticate(ctx context.Context, name, password string) (*User, error) {
	users, err := d.users(ctx)
	if err != nil {
		return nil, err
	}
	account, err := Canonical(name)
	if err != nil {
		account = name // which no user has
	}
	u, known := users.byAccount[account]
	hash, usable := users.decoy(account, d.hasher), false
	if known && u.PasswordHash != "" {
		hash, usable = u.PasswordHash, !u.Disabled
	}
	if password == "" || len(password) > maxPassword {
		password, usable = "-", false
	}
	right, err := d.compare(ctx, hash, password)
	if err != nil {
		return nil, err
	}
	if !right || !usable {
		return nil, ErrWrong
	}
	return u, nil
}

// compare runs one comparison behind the gate. A hash nobody can read fails like a wrong password,
// and at the same cost; the operator is told.
func (d *Directory) compare(ctx context.Context, hash, password string) (bool, error) {
	leave, err := d.gate.Enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	right, err := d.hasher.Compare([]byte(hash), []byte(password))
	if err != nil {
		d.report(fmt.Errorf("a user's password hash cannot be read: %w", err))
		_, _ = d.hasher.Compare(d.hasher.FakeHash(), []byte(password)) // for its time alone
		return false, nil
	}
	return right, nil
}

// decoy is the hash compared for an account that has none: one of the real ones, always the same for a
// name, so that strangers meet the same costs as known names when hashes of several costs are in use.
func (s *snapshot) decoy(account string, hasher Hasher) string {
	if len(s.hashes) == 0 {
		return string(hasher.FakeHash())
	}
	place, _ := bits.Mul64(maphash.String(decoySeed, account), uint64(len(s.hashes)))
	return s.hashes[place]
}
