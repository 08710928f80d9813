package sqlite_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/sqlite"
)

// refusedOpen wants an error that names the path and counts as an outage.
func refusedOpen(t *testing.T, path string) error {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, time.Now)
	if err == nil {
		_ = s.Close()
		t.Fatalf("%s was opened", path)
	}
	if !errors.Is(err, oauth.ErrUnavailable) || !strings.Contains(err.Error(), path) {
		t.Fatalf("got %v, want ErrUnavailable and the path", err)
	}
	return err
}

func TestOddPaths(t *testing.T) {
	for _, name := range []string{
		"plain.db", "with space.db", "what?mode=memory", "hash#1.db", "100%20.db", "quote'\".db", "ümläut 語.db", ":memory:", "file:x.db", "a&_pragma=x(1)",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "some", "folder of "+name, name)
			s := mustOpen(t, path, time.Now)
			if err := s.Commit(t.Context(), store.Creating(token("k"))); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Get(t.Context(), store.RefreshTokens, "k"); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(path); err != nil || info.Size() == 0 {
				t.Fatalf("the store is not in its file: %v", err)
			}
			entries, err := os.ReadDir(filepath.Dir(path))
			if err != nil || len(entries) != 2 {
				t.Errorf("the folder has %v (%v), want the store and its lock", entries, err)
			}
		})
	}
}

func TestRefusedFiles(t *testing.T) {
	t.Run("a folder", func(t *testing.T) { _ = refusedOpen(t, t.TempDir()) })
	t.Run("no path", func(t *testing.T) { _ = refusedOpen(t, "") })
	t.Run("a parent that is a file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		_ = refusedOpen(t, filepath.Join(file, "store.db"))
	})
	t.Run("not a database, and again once it is gone", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "store.db")
		if err := os.WriteFile(path, []byte(strings.Repeat("this is no database. ", 500)), 0o600); err != nil {
			t.Fatal(err)
		}
		_ = refusedOpen(t, path)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		_ = mustOpen(t, path, time.Now) // the failed attempt has given its lock back
	})
}

// SQLite itself would delete the log, and with it what was acknowledged.
func TestALogWithoutItsStoreIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	for name, spoil := range map[string]func() error{
		"missing": func() error { return nil },
		"empty":   func() error { return os.WriteFile(path, nil, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path+"-wal", []byte("frames"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := spoil(); err != nil {
				t.Fatal(err)
			}
			if err := refusedOpen(t, path); !errors.Is(err, sqlite.ErrLostStore) || !strings.Contains(err.Error(), path+"-wal") {
				t.Errorf("got %v, want ErrLostStore with the log's name", err)
			}
			if log, err := os.ReadFile(path + "-wal"); string(log) != "frames" {
				t.Errorf("the log has %q, %v", log, err)
			}
		})
	}
	if err := os.Remove(path + "-wal"); err != nil {
		t.Fatal(err)
	}
	_ = mustOpen(t, path, time.Now)
}

func TestOneOwner(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "store.db")
	first := mustOpen(t, path, time.Now)
	alias := filepath.Join(dir, "alias.db")
	if err := os.Symlink(path, alias); err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(t.TempDir(), "folder")
	if err := os.Symlink(dir, elsewhere); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, alias, filepath.Join(elsewhere, "store.db"), filepath.Join(elsewhere, "alias.db")} {
		if err := refusedOpen(t, name); !errors.Is(err, sqlite.ErrInUse) {
			t.Errorf("%s: %v, want ErrInUse", name, err)
		}
	}
	if err := first.Commit(t.Context(), store.Creating(token("k"))); err != nil {
		t.Errorf("the owner was disturbed: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := mustOpen(t, alias, time.Now)
	if _, err := second.Get(t.Context(), store.RefreshTokens, "k"); err != nil {
		t.Errorf("the alias leads to another store: %v", err)
	}
}

// raw runs a statement on the file of a closed store, as another program would.
func raw(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestNewerSchemaThatDoesNotServeUsIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	if err := mustOpen(t, path, time.Now).Close(); err != nil {
		t.Fatal(err)
	}
	raw(t, path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9001, 1)")
	raw(t, path, "PRAGMA user_version = 9000")
	if err := refusedOpen(t, path); !errors.Is(err, sqlite.ErrNewerSchema) || !strings.Contains(err.Error(), "9001") {
		t.Errorf("got %v, want ErrNewerSchema with the number", err)
	}
	raw(t, path, "DELETE FROM goose_db_version WHERE version_id = 9001")
	_ = mustOpen(t, path, time.Now)
}

// What was deleted or overwritten must not be legible in the file: sealed successors are erased for a reason.
func TestDeletedTextIsGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := mustOpen(t, path, time.Now)
	const marker = "legible-marker-"
	for i, kind := range []store.Kind{store.RefreshSuccessors, store.Secrets, store.Codes} {
		r := store.Record{Kind: kind, Key: "k", Body: []byte(`"` + strings.Repeat(marker, 40*(i*20+1)) + `"`)}
		if err := s.Commit(t.Context(), store.Creating(r)); err != nil {
			t.Fatal(err)
		}
		r.Version = 1
		change := store.Deleting(r)
		if kind == store.Codes {
			r.Body = nil
			change = store.Replacing(r)
		}
		if err := s.Commit(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(content), marker); n != 0 {
		t.Errorf("the file still has the marker %d times", n)
	}
	for _, companion := range []string{path + "-wal", path + "-shm"} {
		if _, err := os.Stat(companion); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left behind: %v", companion, err)
		}
	}
}

func TestThreat121_NoInputBecomesSQL(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "store.db"), time.Now)
	canary := token("canary")
	if err := s.Commit(t.Context(), store.Creating(canary)); err != nil {
		t.Fatal(err)
	}
	piece := rapid.SampledFrom([]string{
		"'", `"`, "`", ";", "--", "/*", "*/", "%", "_", "?", "?1", ":a", "@a", "$a", `\`, "(", ")", "=", " ", "\n", "a", "0", "é",
		" OR 1=1", "DROP TABLE grants", "NULL", "UNION SELECT", "x'00'", "0x", "||",
	})
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 0, 6).Draw(t, "pieces"), "")
	})
	drawn := 0 // keeps a failing input from meeting the record of the one before it
	rapid.Check(t, func(rt *rapid.T) {
		drawn++
		r := store.Record{
			Kind: store.RefreshTokens, Key: fmt.Sprint("input-", drawn) + text.Draw(rt, "key"), GrantID: text.Draw(rt, "grant"), SessionID: text.Draw(rt, "session"),
			Subject: text.Draw(rt, "subject"), ClientID: text.Draw(rt, "client"), Body: store.Body(text.Draw(rt, "body")),
		}
		if err := s.Commit(t.Context(), store.Creating(r)); err != nil {
			rt.Fatal(err)
		}
		got, err := s.Get(t.Context(), r.Kind, r.Key)
		if err != nil || got.Key != r.Key || got.Subject != r.Subject || string(got.Body) != string(r.Body) {
			rt.Fatalf("Get: %+v, %v", got, err)
		}
		f := store.Filter{GrantID: r.GrantID, SessionID: r.SessionID, Subject: r.Subject, ClientID: r.ClientID}
		page, err := s.List(t.Context(), r.Kind, f, "input", 10)
		if err != nil || len(page) != 1 || page[0].Key != r.Key {
			rt.Fatalf("List by %+v: %v, %v", f, page, err)
		}
		if err := s.Commit(t.Context(), store.Deleting(got)); err != nil {
			rt.Fatal(err)
		}
		if page, err := s.List(t.Context(), r.Kind, store.Filter{}, "", 10); err != nil || len(page) != 1 || page[0].Key != "canary" {
			rt.Fatalf("what is left: %v, %v", page, err)
		}
	})
}
