//go:build unix

package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/sqlite"
)

var added = store.Record{Kind: store.Secrets, Key: "mark", Subject: "nobody", Body: []byte(`{"a":1}`)}

// backedUp makes a backup of accounts and secrets and opens it.
func backedUp(t *testing.T, from string) *sqlite.Store {
	t.Helper()
	to := filepath.Join(t.TempDir(), "backup ?#.db")
	if err := sqlite.Backup(t.Context(), from, to, []store.Kind{store.Accounts, store.Secrets}, added); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Dir(to))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the backup there are %v (%v)", entries, err)
	}
	if got := mode(t, to); got != "0600" {
		t.Errorf("it has mode %s", got)
	}
	return mustOpen(t, to, time.Now)
}

func TestABackupHoldsTheKindsThatWereAskedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "what?mode=memory.db")
	s := mustOpen(t, path, time.Now)
	account := store.Record{Kind: store.Accounts, Key: "diana", ExpiresAt: time.Now().Add(time.Hour), GrantID: "g", SessionID: "s", Subject: "u", ClientID: "c", Body: []byte(`"é"`)}
	if err := s.Commit(t.Context(), store.Creating(account), store.Creating(token("k")),
		store.Creating(store.Record{Kind: store.Secrets, Key: "mark", Body: []byte(`"of the store"`)})); err != nil {
		t.Fatal(err)
	}
	want, err := s.Get(t.Context(), store.Accounts, "diana")
	if err != nil {
		t.Fatal(err)
	}
	b := backedUp(t, path)
	got, err := b.Get(t.Context(), store.Accounts, "diana")
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v (%v), want %v", got, err, want)
	}
	if _, err := b.Get(t.Context(), store.RefreshTokens, "k"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a kind that was not asked for: %v", err)
	}
	if got, err := b.Get(t.Context(), store.Secrets, "mark"); err != nil || string(got.Body) != `{"a":1}` || got.Subject != "nobody" {
		t.Errorf("what was added: %v, %v", got, err)
	}
	if err := b.Commit(t.Context(), store.Replacing(got)); err != nil {
		t.Errorf("the backup is no store: %v", err)
	}
}

func TestMust088_ABackupIsNobodyElsesUnderUmask000(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	_ = mustOpen(t, path, time.Now)
	defer syscall.Umask(syscall.Umask(0))
	_ = backedUp(t, path)
}

func TestABackupIsNeverWrittenOver(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "store.db")
	_ = mustOpen(t, path, time.Now)
	taken := filepath.Join(dir, "taken")
	if err := os.WriteFile(taken, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "nowhere"), link); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{taken, link, path, dir} {
		if err := sqlite.Backup(t.Context(), path, to, store.Kinds); !errors.Is(err, sqlite.ErrExists) {
			t.Errorf("%s: %v", to, err)
		}
	}
	if text, err := os.ReadFile(taken); string(text) != "precious" {
		t.Errorf("the file has %q (%v)", text, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".backup-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestABackupOfNoStore(t *testing.T) {
	dir := t.TempDir()
	empty, text := filepath.Join(dir, "empty"), filepath.Join(dir, "text")
	for name, content := range map[string]string{empty: "", text: strings.Repeat("this is no database. ", 500)} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	missing, to := filepath.Join(dir, "missing"), filepath.Join(dir, "to")
	for _, from := range []string{missing, empty, text, dir} {
		if err := sqlite.Backup(t.Context(), from, to, store.Kinds); err == nil {
			t.Errorf("%s was backed up", from)
		}
		if s, err := sqlite.OpenSnapshot(t.Context(), from, time.Now()); err == nil {
			t.Errorf("%s was read", from)
			_ = s.Close()
		}
	}
	for _, name := range []string{missing, to} {
		if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s was made: %v", name, err)
		}
	}
}

// TestABackupIsOfOneMoment: an author moves one unit between two records of different kinds all the time, and each backup
// finds it in exactly one of them.
func TestABackupIsOfOneMoment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := mustOpen(t, path, time.Now)
	here, there := store.Record{Kind: store.Accounts, Key: "unit"}, store.Record{Kind: store.Secrets, Key: "unit"}
	if err := s.Commit(t.Context(), store.Creating(here)); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var moves atomic.Int64
	ended := make(chan error, 1)
	go func() {
		here, there := here, there
		for ctx.Err() == nil {
			here.Version = 1
			if err := s.Commit(context.Background(), store.Deleting(here), store.Creating(there)); err != nil {
				ended <- err
				return
			}
			here, there = there, here
			moves.Add(1)
		}
		ended <- nil
	}()
	for range 10 {
		for before := moves.Load(); moves.Load() < before+5; {
			time.Sleep(time.Millisecond)
		}
		checkUnit(t, backedUp(t, path))
		snapshot, err := sqlite.OpenSnapshot(t.Context(), path, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		for before := moves.Load(); moves.Load() < before+5; {
			time.Sleep(time.Millisecond)
		}
		checkUnit(t, snapshot)
		if err := snapshot.Close(); err != nil {
			t.Error(err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("the author was disturbed: %v", err)
	}
}

func checkUnit(t *testing.T, s interface {
	Get(ctx context.Context, k store.Kind, key string) (store.Record, error)
	List(ctx context.Context, k store.Kind, f store.Filter, after string, limit int) ([]store.Record, error)
},
) {
	t.Helper()
	_, one := s.Get(t.Context(), store.Accounts, "unit")
	other, err := s.List(t.Context(), store.Secrets, store.Filter{}, "mark", 10)
	if err != nil || (one == nil) == (len(other) == 1) {
		t.Errorf("the unit: %v in accounts, %d in secrets (%v)", one, len(other), err)
	}
}

// What was acknowledged before a kill is in the log, which the backup reads and leaves to the owner.
func TestABackupAfterAKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	p := begin(t, "hold", path)
	if got := p.line(t); got != "open" {
		t.Fatal(got)
	}
	_ = p.Process.Kill()
	_ = p.Wait()
	to := filepath.Join(t.TempDir(), "backup.db")
	if err := sqlite.Backup(t.Context(), path, to, []store.Kind{store.Grants}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{to, path} {
		s := mustOpen(t, name, time.Now)
		if _, err := s.Get(t.Context(), store.Grants, "g"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestASnapshotAnswersLikeAStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := mustOpen(t, path, time.Now)
	now := time.Now()
	old, fresh := token("old"), token("fresh")
	old.ExpiresAt, fresh.ExpiresAt = now.Add(time.Minute), now.Add(time.Hour)
	if err := s.Commit(t.Context(), store.Creating(old), store.Creating(fresh)); err != nil {
		t.Fatal(err)
	}
	snapshot, err := sqlite.OpenSnapshot(t.Context(), path, now.Add(2*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = snapshot.Close() }()
	if _, err := snapshot.Get(t.Context(), store.RefreshTokens, "old"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("past its expiry: %v", err)
	}
	page, err := snapshot.List(t.Context(), store.RefreshTokens, store.Filter{}, "", 10)
	if err != nil || len(page) != 1 || page[0].Key != "fresh" {
		t.Errorf("got %v, %v", page, err)
	}
	if _, err := snapshot.Get(t.Context(), "nothing", "k"); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("an unknown kind: %v", err)
	}
	for kind, limit := range map[store.Kind]int{"nothing": 1, store.Codes: 0} {
		if _, err := snapshot.List(t.Context(), kind, store.Filter{}, "", limit); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("a list of %d of %s: %v", limit, kind, err)
		}
	}
}
