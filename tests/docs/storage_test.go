package docs

import (
	"context"
	"database/sql"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/postgres"
	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
	"github.com/seed-5b16f944/gatehouse/op/store/sqlite"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

// TestQueriesRunOnPostgreSQL runs those that are marked so.
func TestQueriesRunOnPostgreSQL(t *testing.T) {
	dsn := postgrestest.Database(t)
	made, err := postgres.Open(t.Context(), postgres.Config{DSN: postgres.DSN(dsn)}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ran := 0
	for _, b := range allBlocks(t, "sql") {
		if b.mark != "postgres" {
			continue
		}
		ran++
		if err := run(t.Context(), db, b.text); err != nil {
			t.Errorf("%s:%d: %v", b.file, b.line, err)
		}
	}
	if ran == 0 {
		t.Error("no document shows one")
	}
}

// TestQueriesRunOnTheSchema runs the operators' queries on a new store.
func TestQueriesRunOnTheSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "main.db")
	made, err := sqlite.Open(t.Context(), path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, b := range allBlocks(t, "sql") {
		if b.mark == "postgres" {
			continue
		}
		if err := run(t.Context(), db, b.text); err != nil {
			t.Errorf("%s:%d: %v", b.file, b.line, err)
		}
	}
}

func run(ctx context.Context, db *sql.DB, query string) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

// TestTablesAreDescribed looks for every kind of record in docs/storage.md.
func TestTablesAreDescribed(t *testing.T) {
	text := read(t, filepath.Join(root, "docs", "storage.md"))
	for _, kind := range store.Kinds {
		if !regexp.MustCompile("`" + string(kind) + "`").MatchString(text) {
			t.Errorf("the table %s is not described", kind)
		}
	}
}

// anyHash takes every password hash for a good one.
type anyHash struct{}

func (anyHash) Compare([]byte, []byte) (bool, error) { return false, nil }
func (anyHash) FakeHash() []byte                     { return nil }

// TestUsersFileIsRead reads the users file that the documents show.
func TestUsersFileIsRead(t *testing.T) {
	shown := slices.DeleteFunc(allBlocks(t, "json"), func(b block) bool { return b.mark != "users" })
	if len(shown) == 0 {
		t.Fatal("no document shows a users file")
	}
	for _, b := range shown {
		path := filepath.Join(t.TempDir(), "users.json")
		write(t, path, b.text, 0o600)
		directory, err := user.NewDirectory(nil, path, anyHash{}, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if err := directory.Load(t.Context()); err != nil {
			t.Errorf("%s:%d: %v", b.file, b.line, err)
		}
	}
}
