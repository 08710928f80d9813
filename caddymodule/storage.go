package caddymodule

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/seed-5b16f944/gatehouse/caddymodule/setting"
	"github.com/seed-5b16f944/gatehouse/op"
)

// The storage drivers that are built.
const (
	driverSQLite   = op.DriverSQLite
	driverPostgres = op.DriverPostgres
	driverMemory   = op.DriverMemory
)

// Storage says where a provider keeps its state: keys, sessions, consents, grants and tokens. One store
// belongs to one provider.
type Storage struct {
	// The name of the driver: `sqlite`, a file that belongs to this process alone, `postgres`, a database that
	// several Caddys share, or `memory`, which survives a reload but not a restart and is meant for tests and
	// demonstrations. Default: `sqlite`.
	Driver string `json:"driver,omitempty"`

	// The path of the SQLite file; a relative one starts at the working directory. Placeholders are replaced.
	// Default: the file `openid/<provider>.db` in Caddy's data directory.
	Path string `json:"path,omitempty"`

	// The connection string of the PostgreSQL database, a URL or keywords and values as libpq takes them. It holds
	// a password: write it as a placeholder, `{env.…}` or `{file.…}`. If the server is on another machine it has to
	// say by `sslmode` whether the connection is encrypted.
	DSN Secret `json:"dsn,omitempty"`

	// How many connections to PostgreSQL there are at most, beside the one that listens to other Caddys.
	// Default: 16.
	MaxConns int `json:"max_conns,omitempty"`

	// How long PostgreSQL may take for anything until it is given up, and the request answered 503. Default: 2s.
	StatementTimeout caddy.Duration `json:"statement_timeout,omitempty"`
}

// UnmarshalCaddyfile reads the storage of a provider. Syntax:
//
//	storage sqlite {
//		path <path>
//	}
//	storage postgres {
//		dsn               <dsn>
//		max_conns         <number>
//		statement_timeout <duration>
//	}
//	storage memory
func (s *Storage) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	if !d.NextArg() {
		return d.ArgErr()
	}
	s.Driver = d.Val()
	var vocabulary words
	switch s.Driver {
	case driverMemory:
		return checkEnd(d)
	case driverSQLite:
		vocabulary = words{"path": text(&s.Path)}
	case driverPostgres:
		vocabulary = words{
			"dsn":               secretText(&s.DSN),
			"max_conns":         positive(&s.MaxConns),
			"statement_timeout": duration(&s.StatementTimeout),
		}
	default:
		return d.Errf("unknown storage driver %s: sqlite, postgres or memory", setting.Shown(s.Driver))
	}
	if d.CountRemainingArgs() > 0 {
		// It may be a connection string, which no error shows.
		return d.Errf("storage %s takes its settings in a block: %s", s.Driver, names(vocabulary))
	}
	return readBlock(d, "storage", vocabulary)
}

// location resolves where the state of the provider called name lives, and checks it without touching a file of it or
// asking a server. Every fault carries its path.
func (s *Storage) location(name string, encryptionKey Secret) (op.Location, error) {
	var configured Storage
	if s != nil {
		configured = *s
	}
	key, err := decodeEncryptionKey(encryptionKey)
	if err != nil {
		return op.Location{}, fmt.Errorf("keys: encryption_key: %w", err)
	}
	if configured.Driver == "" {
		configured.Driver = driverSQLite
	}
	location := op.Location{Driver: configured.Driver, EncryptionKey: key}
	if err := configured.checkWords(); err != nil {
		return op.Location{}, err
	}
	switch configured.Driver {
	case driverMemory:
	case driverSQLite:
		if location.Path, err = configured.file(name); err != nil {
			return op.Location{}, fmt.Errorf("storage: path: %w", err)
		}
	case driverPostgres:
		if location.Postgres, err = configured.postgres(); err != nil {
			return op.Location{}, err
		}
	default:
		return op.Location{}, fmt.Errorf("storage: unknown driver %s: sqlite, postgres or memory", setting.Shown(configured.Driver))
	}
	return location, nil
}

// checkWords refuses what belongs to another driver: an operator who wrote it counts on it.
func (s Storage) checkWords() error {
	switch {
	case s.Driver == driverMemory && s.Path != "":
		return errors.New("storage: memory has no path")
	case s.Driver == driverPostgres && s.Path != "":
		return errors.New("storage: postgres has no path")
	case s.Driver != driverPostgres && (s.DSN != "" || s.MaxConns != 0 || s.StatementTimeout != 0):
		return errors.New("storage: dsn, max_conns and statement_timeout are for postgres alone")
	}
	return nil
}

// postgres resolves the connection string, which no fault shows.
func (s Storage) postgres() (op.Postgres, error) {
	if s.DSN == "" {
		return op.Postgres{}, errors.New("storage: dsn: is missing")
	}
	dsn, err := s.DSN.Resolve()
	if err != nil {
		return op.Postgres{}, fmt.Errorf("storage: dsn: %w", err)
	}
	resolved := op.Postgres{DSN: op.PostgresDSN(dsn), MaxConns: s.MaxConns, StatementTimeout: time.Duration(s.StatementTimeout)}
	if err := resolved.Check(); err != nil {
		return op.Postgres{}, fmt.Errorf("storage: %w", err)
	}
	return resolved, nil
}

// place names where the state of the provider called name lives, one name for one place, and shows no secret.
func place(location op.Location, name string) string {
	switch location.Driver {
	case driverMemory:
		return driverMemory + ":" + name
	case driverPostgres:
		digest := sha256.Sum256([]byte(location.Postgres.DSN))
		return driverPostgres + ":" + hex.EncodeToString(digest[:])
	}
	return location.Path
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
