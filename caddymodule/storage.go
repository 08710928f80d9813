package caddymodule

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/seed-5b16f944/gatehouse/caddymodule/setting"
	"github.com/seed-5b16f944/gatehouse/op"
)

// The storage drivers that are built.
const (
	driverSQLite = "sqlite"
	driverMemory = "memory"
)

// Storage says where a provider keeps its state: keys, sessions, consents, grants and tokens. One store
// belongs to one provider.
type Storage struct {
	// The name of the driver: `sqlite`, a file that belongs to this process alone, or `memory`, which
	// survives a reload but not a restart and is meant for tests and demonstrations. Default: `sqlite`.
	Driver string `json:"driver,omitempty"`

	// The path of the SQLite file; a relative one starts at the working directory. Placeholders are replaced.
	// Default: the file `openid/<provider>.db` in Caddy's data directory.
	Path string `json:"path,omitempty"`
}

// UnmarshalCaddyfile reads the storage of a provider. Syntax:
//
//	storage sqlite {
//		path <path>
//	}
//	storage memory
func (s *Storage) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	if !d.NextArg() {
		return d.ArgErr()
	}
	s.Driver = d.Val()
	switch s.Driver {
	case driverMemory:
		return checkEnd(d)
	case driverSQLite:
		if d.NextArg() {
			return d.ArgErr()
		}
		return readBlock(d, "storage", words{"path": text(&s.Path)})
	}
	return d.Errf("unknown storage driver '%s': sqlite or memory", s.Driver)
}

// location resolves where the state of the provider called name lives, and checks it without touching a file.
func (s *Storage) location(name string, encryptionKey Secret) (op.Location, error) {
	var configured Storage
	if s != nil {
		configured = *s
	}
	key, err := decodeEncryptionKey(encryptionKey)
	if err != nil {
		return op.Location{}, fmt.Errorf("keys: encryption_key: %w", err)
	}
	switch configured.Driver {
	case driverMemory:
		if configured.Path != "" {
			return op.Location{}, errors.New("storage: memory has no path")
		}
		return op.Location{Driver: driverMemory, EncryptionKey: key}, nil
	case "", driverSQLite:
		path, err := configured.file(name)
		if err != nil {
			return op.Location{}, fmt.Errorf("storage: path: %w", err)
		}
		return op.Location{Driver: driverSQLite, Path: path, EncryptionKey: key}, nil
	}
	return op.Location{}, fmt.Errorf("storage: unknown driver %q: sqlite or memory", configured.Driver)
}

// file gives the canonical path of the SQLite file, so that two spellings of one file are seen to be one.
func (s Storage) file(name string) (string, error) {
	if s.Path == "" {
		return canonicalPath(filepath.Join(caddy.AppDataDir(), "openid", name+".db"))
	}
	path, err := setting.ResolvePath(s.Path)
	if err != nil {
		return "", err
	}
	return canonicalPath(path)
}

// canonicalPath makes path absolute and follows the symbolic links of as much of it as exists already.
func canonicalPath(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	rest := ""
	for dir := absolute; ; dir = filepath.Dir(dir) {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(real, rest), nil
		}
		if dir == filepath.Dir(dir) {
			return absolute, nil
		}
		rest = filepath.Join(filepath.Base(dir), rest)
	}
}

// keyLength is the length of a key-encryption key in bytes: 256 bits.
const keyLength = 32

// decodeEncryptionKey resolves a key-encryption key: 32 bytes in base64, base64url or hexadecimal, as
// `openssl rand -base64 32` writes them. An empty configuration means that secrets at rest are not sealed.
func decodeEncryptionKey(s Secret) ([]byte, error) {
	if s == "" {
		return nil, nil
	}
	resolved, err := s.Resolve()
	if err != nil {
		return nil, err
	}
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString,
		base64.StdEncoding.Strict().DecodeString,
		base64.RawStdEncoding.Strict().DecodeString,
		base64.URLEncoding.Strict().DecodeString,
		base64.RawURLEncoding.Strict().DecodeString,
	} {
		if key, err := decode(resolved); err == nil && len(key) == keyLength {
			return key, nil
		}
	}
	return nil, errors.New("must be 32 bytes in base64 or hexadecimal (openssl rand -base64 32)")
}

// fingerprint tells two key-encryption keys apart without keeping either.
func fingerprint(key []byte) [sha256.Size]byte { return sha256.Sum256(key) }

// Interface guards
var _ caddyfile.Unmarshaler = (*Storage)(nil)
