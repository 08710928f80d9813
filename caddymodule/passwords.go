package caddymodule

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp/caddyauth"
	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"

	"github.com/seed-5b16f944/gatehouse/op/user"
)

// passwords compares passwords with hashes by Caddy's own hash modules, so that the output of `caddy
// hash-password` works.
type passwords struct{}

var errNoHash = errors.New("neither argon2id nor bcrypt as `caddy hash-password` writes them")

// hashModule finds the module that made hash, by the prefix of the Modular Crypt Format.
func hashModule(hash string) (caddyauth.Comparer, error) {
	switch {
	case strings.HasPrefix(hash, "$argon2id$"):
		return caddyauth.Argon2idHash{}, nil
	case strings.HasPrefix(hash, "$2a$"), strings.HasPrefix(hash, "$2b$"), strings.HasPrefix(hash, "$2y$"):
		return caddyauth.BcryptHash{}, nil
	}
	return nil, errNoHash
}

// argon2idParameters finds memory, time and parallelism in an argon2id hash.
var argon2idParameters = regexp.MustCompile(`^\$argon2id\$v=\d+\$m=[1-9]\d*,t=[1-9]\d*,p=[1-9]\d*\$`)

// CheckHash tells what keeps a hash from being one: found now, it is a fault of the configuration; found at a
// login, it would be an outage for one person.
func (passwords) CheckHash(hash []byte) error {
	module, err := hashModule(string(hash))
	if err != nil {
		return err
	}
	if _, bcrypted := module.(caddyauth.BcryptHash); bcrypted {
		if _, err := bcrypt.Cost(hash); err != nil {
			return errNoHash
		}
		return nil
	}
	// A time or parallelism of zero passes Caddy's reader and panics in the hash function.
	if _, _, err := caddyauth.DecodeHash(hash); err != nil || !argon2idParameters.Match(hash) {
		return errNoHash
	}
	return nil
}

// Compare tells whether hash is the hash of plain. The error says that hash itself is broken.
func (passwords) Compare(hash, plain []byte) (bool, error) {
	module, err := hashModule(string(hash))
	if err != nil {
		return false, err
	}
	return module.Compare(hash, plain)
}

// The parameters of `caddy hash-password --algorithm argon2id`, memory in KiB, key and salt in bytes.
const (
	argon2idTime   = 1
	argon2idMemory = 46 * 1024
	argon2idKey    = 32
	argon2idSalt   = 16
)

// argon2idHash hashes plain as `caddy hash-password --algorithm argon2id` does. Caddy's module takes its
// parameters from that command's flags alone.
func argon2idHash(plain string) string {
	salt := make([]byte, argon2idSalt)
	_, _ = rand.Read(salt) // ends the process rather than fail
	key := argon2.IDKey([]byte(plain), salt, argon2idTime, argon2idMemory, 1, argon2idKey)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, argon2idMemory, argon2idTime,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// FakeHash is a hash of the default cost, for names that nobody has: they must cost what known ones do.
func (passwords) FakeHash() []byte { return caddyauth.Argon2idHash{}.FakeHash() }

// Interface guards
var (
	_ user.Hasher      = passwords{}
	_ user.HashChecker = passwords{}
)
