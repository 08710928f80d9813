package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The defaults and bounds of Config.
const (
	DefaultMaxConns         = 16
	DefaultStatementTimeout = 2 * time.Second

	maxMaxConns         = 10_000
	minStatementTimeout = 100 * time.Millisecond
	maxStatementTimeout = time.Minute
)

// redacted stands wherever a DSN is printed.
const redacted = "REDACTED"

// DSN is a connection string, a URL or keywords and values as libpq takes them. It holds a password: wherever it is
// printed it is REDACTED.
type DSN string

// String is REDACTED.
func (DSN) String() string { return redacted }

// GoString is REDACTED, for the verb %#v.
func (DSN) GoString() string { return redacted }

// Config says which database a Store is in, and how it is used. The zero value of a field is its default, but for
// DSN, which has none.
type Config struct {
	// DSN says where the database is, who we are and, by sslmode and its companions, how the connection is protected.
	// A server that is not on this machine needs an sslmode that decides: verify-full, verify-ca, require or disable.
	DSN DSN
	// MaxConns is how many connections there are at most, beside the one that listens. Default: DefaultMaxConns.
	MaxConns int
	// StatementTimeout is how long anything may take until it is given up, waiting for a connection included.
	// Default: DefaultStatementTimeout.
	StatementTimeout time.Duration
}

// The faults of a Config.
var (
	errNoDSN   = &failure{"dsn: is empty"}
	errBadDSN  = &failure{"dsn: cannot be read; it is a URL like postgres://user@host/database, or keywords and values like host=… dbname=…, and what sslrootcert and the like name has to be there"}
	errSSLMode = &failure{"dsn: does not say whether the connection is encrypted, and the server is not on this machine: set sslmode to verify-full, require or disable"}
)

// Check reports what is wrong with the configuration, each fault with its word in front. It asks no server. No fault
// shows the DSN.
func (c Config) Check() error {
	_, dsn := c.parse()
	return errors.Join(dsn, c.checkNumbers())
}

func (c Config) checkNumbers() error {
	var faults []error
	if c.MaxConns < 0 || c.MaxConns > maxMaxConns {
		faults = append(faults, &failure{fmt.Sprintf("max_conns: %d is not between 1 and %d", c.MaxConns, maxMaxConns)})
	}
	if c.StatementTimeout != 0 && (c.StatementTimeout < minStatementTimeout || c.StatementTimeout > maxStatementTimeout) {
		faults = append(faults, &failure{fmt.Sprintf("statement_timeout: %s is not between %s and %s", c.StatementTimeout, minStatementTimeout, maxStatementTimeout)})
	}
	return errors.Join(faults...)
}

func (c Config) withDefaults() Config {
	if c.MaxConns == 0 {
		c.MaxConns = DefaultMaxConns
	}
	if c.StatementTimeout == 0 {
		c.StatementTimeout = DefaultStatementTimeout
	}
	return c
}

// patient is the configuration of a program for which somebody waits at a terminal, and no request does.
func (c Config) patient() Config {
	c = c.withDefaults()
	c.StatementTimeout = maxStatementTimeout
	return c
}

// parse reads the DSN. Its errors hold nothing of it: those of pgx do.
func (c Config) parse() (*pgx.ConnConfig, error) {
	if strings.TrimSpace(string(c.DSN)) == "" {
		return nil, errNoDSN
	}
	config, err := pgx.ParseConfig(string(c.DSN))
	if err != nil {
		return nil, errBadDSN
	}
	if err := decideTLS(&config.Config); err != nil {
		return nil, err
	}
	return config, nil
}

// decideTLS leaves no choice to whoever answers. By libpq's default, sslmode=prefer, anybody between us and the server
// can have everything in the clear by refusing to encrypt. On this machine there is nobody between, and no TLS.
func decideTLS(config *pgconn.Config) error {
	ways := append([]*pgconn.FallbackConfig{{Host: config.Host, Port: config.Port, TLSConfig: config.TLSConfig}}, config.Fallbacks...)
	var kept []*pgconn.FallbackConfig
	for i, way := range ways {
		same := func(other *pgconn.FallbackConfig) bool { return other.Host == way.Host && other.Port == way.Port }
		undecided := false
		for _, other := range ways {
			undecided = undecided || same(other) && (other.TLSConfig == nil) != (way.TLSConfig == nil)
		}
		switch {
		case !undecided:
			kept = append(kept, way)
		case !local(way.Host):
			return errSSLMode
		case i == 0 || !same(ways[i-1]):
			kept = append(kept, &pgconn.FallbackConfig{Host: way.Host, Port: way.Port})
		}
	}
	config.Host, config.Port, config.TLSConfig, config.Fallbacks = kept[0].Host, kept[0].Port, kept[0].TLSConfig, kept[1:]
	for _, way := range kept {
		if way.TLSConfig != nil {
			way.TLSConfig.MinVersion = max(way.TLSConfig.MinVersion, tls.VersionTLS12)
		}
	}
	return nil
}

// local reports whether a host is this machine: a socket, or loopback.
func local(host string) bool {
	if strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// connection is how every connection of this Store is made.
func (c Config) connection() (*pgx.ConnConfig, error) {
	config, err := c.parse()
	if err != nil {
		return nil, err
	}
	if config.ConnectTimeout == 0 || config.ConnectTimeout > c.StatementTimeout {
		config.ConnectTimeout = c.StatementTimeout
	}
	for name, value := range map[string]string{
		"application_name": "gatehouse",
		// The server gives up what we have given up; and what a node that was stopped in the midst of a commit has locked
		// is free again for the others.
		"statement_timeout":                   milliseconds(c.StatementTimeout),
		"idle_in_transaction_session_timeout": milliseconds(c.StatementTimeout),
		// A node that is gone without a word does not hold up the queue of notifications.
		"tcp_keepalives_idle":     "10",
		"tcp_keepalives_interval": "5",
		"tcp_keepalives_count":    "3",
		"tcp_user_timeout":        "20000",
	} {
		if _, chosen := config.RuntimeParams[name]; !chosen || strings.HasSuffix(name, "_timeout") {
			config.RuntimeParams[name] = value
		}
	}
	if config.ValidateConnect == nil {
		// After a failover a standby would answer with what was.
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	return config, nil
}

// milliseconds is a time as a setting of the server.
func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// pool prepares the pool of connections, which are prepared before anybody uses them; it connects when the first is needed.
func (c Config) pool(ctx context.Context, prepare func(context.Context, *pgx.Conn) error) (*pgxpool.Pool, error) {
	connection, err := c.connection()
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig("")
	if err != nil {
		return nil, errBadDSN
	}
	config.ConnConfig = connection
	config.MaxConns = int32(c.MaxConns)
	config.MinConns, config.MinIdleConns = 0, 0
	config.MaxConnLifetime, config.MaxConnLifetimeJitter = time.Hour, 10*time.Minute
	config.MaxConnIdleTime = 15 * time.Minute
	config.PingTimeout = c.StatementTimeout
	config.AfterConnect = prepare
	return pgxpool.NewWithConfig(ctx, config)
}

// durable has a COMMIT wait until it is on disk even where the server is told not to: what we acknowledge stays. It also
// notes in which of its lives the server is, for when the answer to a COMMIT is lost.
func durable(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`); err != nil {
		return err
	}
	return noteLife(ctx, conn)
}
