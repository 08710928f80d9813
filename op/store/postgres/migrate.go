package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// oldestSchema asks for the oldest schema whose program can work with what is there.
const oldestSchema = `SELECT number FROM oldest_schema`

// ErrNewerSchema says that the database was brought to a schema by a newer program with which this one cannot work.
var ErrNewerSchema = errors.New("written by a newer version of this program, whose schema this one does not know; go back to an older one only with a database of that version")

// What a database has to be.
var (
	errNoSchema = &failure{"there is no schema to work in: the search_path names none that exists and may be used"}
	errEncoding = &failure{"the database is not encoded in UTF8"}
	errTooOld   = &failure{"the server is too old: PostgreSQL 14 or later is needed"}
	errOpen     = &failure{"everybody on the server may connect to the database and make tables and functions in a schema of the search_path, as is the default before PostgreSQL 15: REVOKE CONNECT ON DATABASE … FROM PUBLIC, as its owner"}
)

// errHeldUp: migrateFor is over.
var errHeldUp = &failure{"the schema could not be brought up to date in time: another node is at it, or a transaction (pg_dump, for one) has a table open"}

const (
	oldestServer = 140000
	// migrateFor bounds the whole of it, waiting for a node that does the same included.
	migrateFor = 5 * time.Minute
	// turnAgain is how often a node looks whether it is its turn.
	turnAgain = 50 * time.Millisecond
)

// migrating is the lock of the one node that brings the schema up to date. It is the connection's, and ends with it.
const migrating = `SELECT pg_try_advisory_lock(hashtextextended('gatehouse migrate ' || current_schema()::text, 0::bigint))`

// ownSteps are those of this program.
func ownSteps() fs.FS {
	// It fails for a name that is no path.
	steps, _ := fs.Sub(migrations, "migrations")
	return steps
}

// migrate brings the schema to the last of these steps, one node at a time. Each is a transaction, unless it says that it
// is none. A schema that a newer program has expanded is left alone if that program says that this one can work with it.
// With lock, it is a node that does, and nobody may have the store alone.
func migrate(ctx context.Context, connection *pgx.ConnConfig, steps fs.FS, lock bool) error {
	ctx, cancel := context.WithTimeout(ctx, migrateFor)
	defer cancel()
	connection = connection.Copy()
	connection.RuntimeParams["statement_timeout"] = "0"
	connection.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	db := stdlib.OpenDB(*connection)
	defer func() { _ = db.Close() }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := checkServer(ctx, conn); err != nil {
		return err
	}
	if err := awaitTurn(ctx, conn); err != nil {
		return heldUp(ctx, err)
	}
	if lock {
		var taken bool
		if err := conn.QueryRowContext(ctx, lockShared).Scan(&taken); err != nil {
			return err
		}
		if !taken {
			return errTaken
		}
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, steps, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return err
	}
	if current > target {
		return checkOldest(ctx, conn, target)
	}
	_, err = provider.Up(ctx)
	return heldUp(ctx, err)
}

// awaitTurn takes the lock of the one who migrates. It asks again and again instead of waiting in the server: a statement
// that waits there has a snapshot, and CREATE INDEX CONCURRENTLY, in a step of whoever has the lock, waits until there is
// none before it.
func awaitTurn(ctx context.Context, conn *sql.Conn) error {
	for {
		var taken bool
		if err := conn.QueryRowContext(ctx, migrating).Scan(&taken); err != nil || taken {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(turnAgain):
		}
	}
}

// heldUp is err, or errHeldUp if the time is over.
func heldUp(ctx context.Context, err error) error {
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errHeldUp
	}
	return err
}

// lookAtServer asks what checkServer judges. Each call in it names the types of its function exactly, so that none in a schema
// of somebody else is a better match: it is asked before it is known who may make one.
const lookAtServer = `SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), current_schema(),
	has_database_privilege('public'::name, current_database()::text, 'CONNECT') AND EXISTS (SELECT FROM pg_catalog.pg_namespace
		WHERE nspname = ANY (current_schemas(false)) AND has_schema_privilege('public'::name, oid, 'CREATE'))`

// checkServer refuses a server or database that the store cannot rest on. Where everybody may make functions, one for types
// that ours does not name exactly is run with our rights (CVE-2018-1058), and tables can be there before ours.
func checkServer(ctx context.Context, conn *sql.Conn) error {
	var version int
	var encoding string
	var schema sql.NullString
	var open bool
	err := conn.QueryRowContext(ctx, lookAtServer).Scan(&version, &encoding, &schema, &open)
	switch {
	case err != nil:
		return err
	case version < oldestServer:
		return errTooOld
	case encoding != "UTF8":
		return errEncoding
	case !schema.Valid:
		return errNoSchema
	case open:
		return errOpen
	}
	return nil
}

// checkOldest refuses a schema that is newer than the last one known here, unless it says that it still serves this one.
func checkOldest(ctx context.Context, conn *sql.Conn, target int64) error {
	var oldest int64
	if err := conn.QueryRowContext(ctx, oldestSchema).Scan(&oldest); err != nil {
		return err
	}
	return checkServes(oldest, target)
}

// checkServes refuses a schema that serves programs from oldest on to one whose last step is known.
func checkServes(oldest, known int64) error {
	if oldest > known {
		return fmt.Errorf("%w (its schema serves programs from number %d on, the last one known here is %d)", ErrNewerSchema, oldest, known)
	}
	return nil
}

// lastStep is the number of the last step that this program knows.
func lastStep() (int64, error) {
	files, err := fs.ReadDir(migrations, "migrations")
	if err != nil {
		return 0, err
	}
	return goose.NumericComponent(files[len(files)-1].Name())
}
