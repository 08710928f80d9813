package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
	"github.com/seed-5b16f944/gatehouse/op/store/storetest"
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
	next := "-- +goose Up\nCREATE TABLE hats (\"key\" text PRIMARY KEY);\n"
	for _, k := range store.Kinds {
		next += fmt.Sprintf("ALTER TABLE %q ADD COLUMN hat text NOT NULL DEFAULT '';\nCREATE INDEX \"%s_hat\" ON %q (hat);\n", k, k, k)
	}
	steps[fmt.Sprintf("%05d_hats.sql", len(files)+1)] = &fstest.MapFile{Data: []byte(next)}
	return steps
}

// contracted are those steps and one that takes the hats away from programs that need them.
func contracted(t *testing.T) fstest.MapFS {
	t.Helper()
	steps := allSteps(t)
	known := len(steps)
	steps[fmt.Sprintf("%05d_bare.sql", known+1)] = &fstest.MapFile{Data: fmt.Appendf(nil, "-- +goose Up\nDROP TABLE hats;\nUPDATE oldest_schema SET number = %d;\n", known)}
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

// program opens a store as a program with these steps would.
func program(t *testing.T, dsn string, steps fs.FS, now func() time.Time) (*Store, error) {
	t.Helper()
	s := newStore(now, nil)
	s.steps = steps
	s, err := s.open(t.Context(), Config{DSN: DSN(dsn)})
	if err == nil {
		t.Cleanup(func() { _ = s.Close() })
	}
	return s, err
}

func mustRunProgram(t *testing.T, dsn string, steps fs.FS, now func() time.Time) *Store {
	t.Helper()
	s, err := program(t, dsn, steps, now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asked is the one text that a query gives.
func asked(t *testing.T, s *Store, query string, args ...any) (text string) {
	t.Helper()
	_, err := s.once(t.Context(), time.Now().Add(time.Minute), func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, query, args...).Scan(&text)
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// kindsAt are the kinds that a schema has tables for.
func kindsAt(t *testing.T, s *Store) []store.Kind {
	t.Helper()
	return slices.DeleteFunc(slices.Clone(store.Kinds), func(k store.Kind) bool {
		return asked(t, s, `SELECT (to_regclass(quote_ident($1)) IS NULL)::text`, string(k)) == "true"
	})
}

// use writes, reads, lists and removes a record of each kind, and finds and writes what the other has written.
func use(t *testing.T, who string, s *Store, kinds []store.Kind, key, others string) {
	t.Helper()
	ctx := t.Context()
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
		changes := []store.Change{store.Requiring(got), store.Replacing(got)}
		found, err := s.List(ctx, k, store.Filter{GrantID: "g"}, "", 100)
		if err != nil {
			t.Errorf("%s lists %s: %v", who, k, err)
		}
		if others != "" {
			i := slices.IndexFunc(found, func(r store.Record) bool { return r.Key == others })
			if i < 0 {
				t.Errorf("%s does not find %q in %s", who, others, k)
				continue
			}
			changes = append(changes, store.Replacing(found[i]))
		}
		if err := s.Commit(ctx, changes...); err != nil {
			t.Errorf("%s replaces in %s: %v", who, k, err)
		}
	}
}

// TestUpgrades: for each step from the second on, programs of the schema before it and after it work side by side on one
// database, and so does this program with one that is to come.
func TestUpgrades(t *testing.T) {
	t.Parallel()
	steps := allSteps(t)
	for n := 2; n <= len(steps); n++ {
		t.Run(fmt.Sprintf("%d to %d", n-1, n), func(t *testing.T) {
			t.Parallel()
			dsn := postgrestest.Database(t)
			before := mustRunProgram(t, dsn, first(steps, n-1), time.Now)
			kinds := kindsAt(t, before)
			use(t, "the old program", before, kinds, "1", "")
			after := mustRunProgram(t, dsn, first(steps, n), time.Now)
			use(t, "the new program", after, kindsAt(t, after), "2", "")
			use(t, "the old program, which was open", before, kinds, "3", "2")
			again := mustRunProgram(t, dsn, first(steps, n-1), time.Now)
			use(t, "the old program, opened again", again, kinds, "4", "2")
			use(t, "the new program, on what the old one has written", after, kinds, "5", "4")
			if got := asked(t, after, "SELECT max(version_id)::text FROM goose_db_version"); got != fmt.Sprint(n) {
				t.Errorf("the schema has number %s", got)
			}
		})
	}
}

// TestThisProgramOnTheNextSchema: the whole contract holds for a program of the schema before the last one.
func TestThisProgramOnTheNextSchema(t *testing.T) {
	t.Parallel()
	steps := allSteps(t)
	storetest.Run(t, func(t *testing.T, now func() time.Time) store.Store {
		dsn := postgrestest.Database(t)
		if err := mustRunProgram(t, dsn, steps, now).Close(); err != nil {
			t.Fatal(err)
		}
		return mustRunProgram(t, dsn, first(steps, len(steps)-1), now)
	}, nil)
}

// TestTheUpgradeUnderUse: the schema is brought up to date while nodes of the version before write without a pause; each of
// their commits is made, or was not and says so.
func TestTheUpgradeUnderUse(t *testing.T) {
	t.Parallel()
	steps := allSteps(t)
	dsn := postgrestest.Database(t)
	before := mustRunProgram(t, dsn, first(steps, len(steps)-1), time.Now)
	upgraded, ended := make(chan struct{}), make(chan int, 4)
	for i := range cap(ended) {
		go func() {
			made := 0
			defer func() { ended <- made }()
			for n := 0; ; n++ {
				select {
				case <-upgraded:
					return
				default:
				}
				r := store.Record{Kind: store.Grants, Key: fmt.Sprint(i, " ", n)}
				switch err := before.Commit(t.Context(), store.Creating(r)); {
				case err == nil:
					made++
				case !errors.Is(err, oauth.ErrUnavailable):
					t.Errorf("the old program: %v", err)
				}
			}
		}()
	}
	for range 20 {
		time.Sleep(5 * time.Millisecond) // so that they are at it
	}
	after, err := program(t, dsn, steps, time.Now)
	close(upgraded)
	made := 0
	for range cap(ended) {
		made += <-ended
	}
	if err != nil {
		t.Fatal(err)
	}
	if found := asked(t, after, "SELECT count(*)::text FROM grants"); found != fmt.Sprint(made) || made == 0 {
		t.Errorf("%d commits were acknowledged, %s records are there", made, found)
	}
}

// TestAContractedSchemaRefusesOldPrograms: a step that takes something away says so, and programs that need it stay out,
// whatever they are opened for.
func TestAContractedSchemaRefusesOldPrograms(t *testing.T) {
	t.Parallel()
	steps := contracted(t)
	known := len(steps) - 1
	dsn := postgrestest.Database(t)
	after, before := mustRunProgram(t, dsn, steps, time.Now), mustRunProgram(t, dsn, first(steps, known), time.Now)
	use(t, "the new program", after, store.Kinds, "1", "")
	use(t, "the program that can do without", before, store.Kinds, "2", "1")
	if err := errors.Join(before.Close(), after.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := program(t, dsn, first(steps, known-1), time.Now); !errors.Is(err, ErrNewerSchema) || strings.Contains(err.Error(), dsn) {
		t.Errorf("the program that cannot: %v", err)
	}
	for name, open := range map[string]func() error{
		"a node":             func() error { _, err := Open(t.Context(), Config{DSN: DSN(dsn)}, time.Now); return err },
		"one that ends it":   func() error { _, err := OpenAlone(t.Context(), Config{DSN: DSN(dsn)}, time.Now, nil); return err },
		"one that copies it": func() error { _, err := OpenSnapshot(t.Context(), Config{DSN: DSN(dsn)}, time.Now()); return err },
	} {
		if err := open(); !errors.Is(err, ErrNewerSchema) {
			t.Errorf("this program as %s: %v", name, err)
		}
	}
}
