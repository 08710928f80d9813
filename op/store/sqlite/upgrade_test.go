package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// allSteps are those of the schema, and one that is to come: it adds to every table, and a table.
func allSteps(t *testing.T) fstest.MapFS {
	t.Helper()
	steps := fstest.MapFS{}
	files, err := fs.ReadDir(migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := fs.ReadFile(migrations, "migrations/"+file.Name())
		if err != nil {
			t.Fatal(err)
		}
		steps[file.Name()] = &fstest.MapFile{Data: text}
	}
	next := "-- +goose Up\nCREATE TABLE hats (\"key\" TEXT NOT NULL PRIMARY KEY) STRICT;\n"
	for _, k := range store.Kinds {
		next += fmt.Sprintf("ALTER TABLE %q ADD COLUMN hat TEXT NOT NULL DEFAULT '';\nCREATE INDEX \"%s_hat\" ON %q (hat);\n", k, k, k)
	}
	steps[fmt.Sprintf("%05d_hats.sql", len(files)+1)] = &fstest.MapFile{Data: []byte(next)}
	return steps
}

// first are the first n steps: what a program of that schema has in it.
func first(steps fstest.MapFS, n int) fstest.MapFS {
	names := make([]string, 0, len(steps))
	for name := range steps {
		names = append(names, name)
	}
	slices.Sort(names)
	had := fstest.MapFS{}
	for _, name := range names[:n] {
		had[name] = steps[name]
	}
	return had
}

// program opens a store as a program with these steps would, without the lock that keeps two of one file apart: what they
// do to each other's schema is the question.
func program(t *testing.T, path string, steps fs.FS) (*Store, error) {
	t.Helper()
	db, err := connect(path, 1, writerSettings...)
	if err != nil {
		t.Fatal(err)
	}
	if err := migrateBy(t.Context(), db, steps); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	reading, err := connect(path, 2, "query_only(ON)")
	if err != nil {
		t.Fatal(err)
	}
	held, err := acquire(filepath.Join(t.TempDir(), "lock"))
	if err != nil {
		t.Fatal(err)
	}
	s := &Store{now: time.Now, reading: reading, writing: db, lock: held, closed: make(chan struct{}), writer: startWriter(db, time.Now)}
	t.Cleanup(func() { _ = s.Close() })
	return s, nil
}

// kindsAt are the kinds that a schema has tables for.
func kindsAt(t *testing.T, s *Store) []store.Kind {
	t.Helper()
	var kinds []store.Kind
	for _, k := range store.Kinds {
		var one int
		err := s.reading.QueryRowContext(t.Context(), "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1", string(k)).Scan(&one)
		if err == nil {
			kinds = append(kinds, k)
		} else if !errors.Is(err, sql.ErrNoRows) {
			t.Fatal(err)
		}
	}
	return kinds
}

// use writes, reads, lists and removes a record of each kind, and finds what the other has written.
func use(t *testing.T, who string, s *Store, kinds []store.Kind, key, others string) {
	t.Helper()
	ctx := context.Background()
	for _, k := range kinds {
		r := store.Record{Kind: k, Key: key, Subject: who, GrantID: "g", ExpiresAt: time.Now().Add(time.Hour)}
		gone := store.Record{Kind: k, Key: key + " gone", Version: 1}
		if err := s.Commit(ctx, store.Creating(r), store.Creating(gone), store.Deleting(gone)); err != nil {
			t.Errorf("%s creates in %s: %v", who, k, err)
			continue
		}
		got, err := s.Get(ctx, k, key)
		if err != nil || got.Subject != who {
			t.Errorf("%s reads from %s: %v, %v", who, k, got, err)
			continue
		}
		if err := s.Commit(ctx, store.Requiring(got), store.Replacing(got)); err != nil {
			t.Errorf("%s replaces in %s: %v", who, k, err)
		}
		if others == "" {
			continue
		}
		found, err := s.List(ctx, k, store.Filter{GrantID: "g"}, "", 100)
		if err != nil || !slices.ContainsFunc(found, func(r store.Record) bool { return r.Key == others }) {
			t.Errorf("%s lists %s: %d records, %v", who, k, len(found), err)
		}
	}
}

// TestUpgrades: for each step from the second on, programs of the schema before it and after it work side by side, and so
// does this program with one that is to come.
func TestUpgrades(t *testing.T) {
	steps := allSteps(t)
	for n := 2; n <= len(steps); n++ {
		t.Run(fmt.Sprintf("%d to %d", n-1, n), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store.db")
			before, err := program(t, path, first(steps, n-1))
			if err != nil {
				t.Fatal(err)
			}
			kinds := kindsAt(t, before)
			use(t, "the old program", before, kinds, "1", "")
			after, err := program(t, path, first(steps, n))
			if err != nil {
				t.Fatalf("the upgrade beside it: %v", err)
			}
			use(t, "the new program", after, kindsAt(t, after), "2", "")
			use(t, "the old program, which was open", before, kinds, "3", "2")
			again, err := program(t, path, first(steps, n-1))
			if err != nil {
				t.Fatalf("the old program does not open the new schema: %v", err)
			}
			use(t, "the old program, opened again", again, kinds, "4", "2")
			use(t, "the new program", after, kinds, "5", "4")
			var current int
			if err := after.reading.QueryRowContext(t.Context(), "SELECT max(version_id) FROM goose_db_version").Scan(&current); err != nil || current != n {
				t.Errorf("the schema has number %d (%v)", current, err)
			}
		})
	}
}

// TestAContractedSchemaRefusesOldPrograms: a step that takes something away says so, and programs that need it stay out.
func TestAContractedSchemaRefusesOldPrograms(t *testing.T) {
	steps := allSteps(t)
	known := len(steps)
	steps[fmt.Sprintf("%05d_bare.sql", known+1)] = &fstest.MapFile{Data: fmt.Appendf(nil, "-- +goose Up\nDROP TABLE hats;\nPRAGMA user_version = %d;\n", known)}
	path := filepath.Join(t.TempDir(), "store.db")
	s, err := program(t, path, steps)
	if err != nil {
		t.Fatal(err)
	}
	use(t, "the new program", s, store.Kinds, "1", "")
	if _, err := program(t, path, first(steps, known)); err != nil {
		t.Errorf("the program that can do without: %v", err)
	}
	if _, err := program(t, path, first(steps, known-1)); !errors.Is(err, ErrNewerSchema) {
		t.Errorf("the program that cannot: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, time.Now); !errors.Is(err, ErrNewerSchema) {
		t.Errorf("this program: %v", err)
	}
}
