package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrNewerSchema says that the file was last written by a newer program, which has taken something from its schema
// that this one needs.
var ErrNewerSchema = errors.New("written by a newer version of this program; going back to an older one needs a store of that version")

// oldestEngine is the oldest SQLite that is trusted with the store: before it, a checkpoint and a write could
// race and lose pages of a WAL database.
var oldestEngine = [3]int{3, 51, 3}

// migrate brings the schema up to date, each step in a transaction of its own.
func migrate(ctx context.Context, db *sql.DB) error {
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	return migrateBy(ctx, db, steps)
}

// migrateBy brings the schema to the last of these steps. One that a newer program has only added to is left alone, so that
// the version before an upgrade can be gone back to.
func migrateBy(ctx context.Context, db *sql.DB, steps fs.FS) error {
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, steps,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	if current > target {
		return checkOldest(ctx, db, current, target)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	return nil
}

// checkOldest refuses a schema that is newer than the last one known here, unless it still serves this one. A step that
// takes something away sets user_version to the oldest schema whose program can do without; 0 is every one.
func checkOldest(ctx context.Context, db *sql.DB, current, target int64) error {
	var oldest int64
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&oldest); err != nil {
		return err
	}
	if oldest > target {
		return fmt.Errorf("%w (its schema has number %d and serves programs from number %d on, the last one known here is %d)",
			ErrNewerSchema, current, oldest, target)
	}
	return nil
}

// checkEngine asserts what the store's promises rest on: a sound SQLite, and a write-ahead log, which some
// network file systems refuse.
func checkEngine(ctx context.Context, db *sql.DB) error {
	var version, journal string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return err
	}
	if err := checkVersion(version); err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&journal); err != nil {
		return err
	}
	if journal != "wal" {
		return fmt.Errorf("the file system allows no write-ahead log (journal mode is %s)", journal)
	}
	return nil
}

// checkVersion refuses an SQLite older than oldestEngine.
func checkVersion(version string) error {
	parts := strings.Split(version, ".")
	for i, least := range oldestEngine {
		if i >= len(parts) {
			return fmt.Errorf("unreadable SQLite version %q", version)
		}
		n, err := strconv.Atoi(parts[i])
		if err != nil {
			return fmt.Errorf("unreadable SQLite version %q", version)
		}
		if n != least {
			if n < least {
				return fmt.Errorf("SQLite %s is too old, %d.%d.%d is needed", version, oldestEngine[0], oldestEngine[1], oldestEngine[2])
			}
			return nil
		}
	}
	return nil
}
