package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// errNoStore: to open it would be to make it.
var errNoStore = &failure{"there is no store in this database"}

// idleSnapshot is how long the server bears a snapshot that nobody reads from, while what was read is written elsewhere: as
// long as it is open, nothing that died since is vacuumed.
const idleSnapshot = time.Minute

// Snapshot is a store as it was at one moment, for reading. Nodes may go on writing to the store.
type Snapshot struct {
	reader
	conn *pgx.Conn
}

var _ store.Reader = (*Snapshot)(nil)

// OpenSnapshot takes a snapshot of the store in a database, for whoever closes it. It makes nothing there and brings no
// schema up to date; ErrNewerSchema for one with which this program cannot work. What is past its expiry at now is absent.
// Every error wraps oauth.ErrUnavailable, and none shows the DSN.
func OpenSnapshot(ctx context.Context, config Config, now time.Time) (*Snapshot, error) {
	if err := config.Check(); err != nil {
		return nil, opening(err)
	}
	config = config.patient()
	connection, err := config.connection()
	if err != nil {
		return nil, opening(fault(err))
	}
	connection.RuntimeParams["idle_in_transaction_session_timeout"] = milliseconds(idleSnapshot)
	beginning, cancel := context.WithTimeout(ctx, config.StatementTimeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(beginning, connection)
	if err != nil {
		return nil, opening(fault(err))
	}
	s := &Snapshot{reader: reader{from: conn, now: func() time.Time { return now }, within: config.StatementTimeout}, conn: conn}
	if err := s.begin(beginning); err != nil {
		_ = s.close(ctx)
		return nil, opening(err)
	}
	return s, nil
}

// begin fixes the moment. A bound on transactions is for those that hold something up: this one locks nothing.
func (s *Snapshot) begin(ctx context.Context) error {
	for _, statement := range []string{
		`SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'`,
		`BEGIN READ ONLY ISOLATION LEVEL REPEATABLE READ`,
	} {
		if _, err := s.conn.Exec(ctx, statement); err != nil {
			return fault(err)
		}
	}
	return checkSchema(ctx, s.conn)
}

// checkSchema refuses a database without a store, and one whose schema this program does not know.
func checkSchema(ctx context.Context, conn *pgx.Conn) error {
	known, err := lastStep()
	if err != nil {
		return err
	}
	var there bool
	if err := conn.QueryRow(ctx, `SELECT to_regclass('oldest_schema') IS NOT NULL`).Scan(&there); err != nil {
		return fault(err)
	}
	if !there {
		return errNoStore
	}
	var oldest int64
	if err := conn.QueryRow(ctx, oldestSchema).Scan(&oldest); err != nil {
		return fault(err)
	}
	return checkServes(oldest, known)
}

// Close lets go of the snapshot.
func (s *Snapshot) Close() error { return s.close(context.Background()) }

func (s *Snapshot) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.within)
	defer cancel()
	if err := s.conn.Close(ctx); err != nil {
		return store.Unavailable("close", fault(err))
	}
	return nil
}
