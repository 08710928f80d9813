//go:build unix

package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/sqlite"
)

// The test program is also the second process of these tests: it is told by the environment what to do with which file.
const (
	taskVariable = "GATEHOUSE_STORE_TEST_TASK"
	pathVariable = "GATEHOUSE_STORE_TEST_PATH"
	authors      = 8
)

func TestMain(m *testing.M) {
	task := os.Getenv(taskVariable)
	if task == "" {
		os.Exit(m.Run())
	}
	if err := perform(task, os.Getenv(pathVariable)); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

// perform opens the store as a program under umask 000 would and, for the task "rotate", rotates tokens until it is killed.
func perform(task, path string) error {
	syscall.Umask(0)
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path, time.Now)
	if err != nil {
		return err
	}
	if err := s.Commit(ctx, store.Creating(store.Record{Kind: store.Grants, Key: "g"})); err != nil && !errors.Is(err, store.ErrExists) {
		return err
	}
	fmt.Println("open")
	if task == "rotate" {
		for a := range authors {
			go rotate(ctx, s, a)
		}
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, s.Close())
}

// rotate spends an author's newest token for the next, and writes a line once it knows that this has happened.
func rotate(ctx context.Context, s store.Store, author int) {
	n, err := newest(ctx, s, author)
	for err == nil {
		old := store.Record{Kind: store.RefreshTokens, Key: tokenKey(author, n), ClientID: client(author), Version: 1, Body: []byte(`{"spent":true}`)}
		next := store.Record{Kind: store.RefreshTokens, Key: tokenKey(author, n+1), ClientID: client(author)}
		used := store.Record{Kind: store.UsedOnce, Key: tokenKey(author, n), ClientID: client(author)}
		changes := []store.Change{store.Requiring(store.Record{Kind: store.Grants, Key: "g", Version: 1}), store.Creating(next), store.Creating(used)}
		if n > 0 {
			changes = append(changes, store.Replacing(old))
		}
		if err = s.Commit(ctx, changes...); err == nil {
			n++
			_, err = fmt.Fprintf(os.Stdout, "%d %d\n", author, n)
		}
	}
	fmt.Println("error:", err)
}

// newest is the number of an author's newest token; 0 is none.
func newest(ctx context.Context, s store.Store, author int) (int, error) {
	all, err := s.List(ctx, store.RefreshTokens, store.Filter{ClientID: client(author)}, "", 1_000_000)
	return len(all), err
}

func client(author int) string           { return fmt.Sprintf("author-%d", author) }
func tokenKey(author, n int) string      { return fmt.Sprintf("%d-%08d", author, n) }
func mode(t *testing.T, p string) string { return fmt.Sprintf("%04o", stat(t, p).Mode().Perm()) }

func stat(t *testing.T, path string) os.FileInfo {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// process is a child that performs a task.
type process struct {
	*exec.Cmd
	lines *bufio.Scanner
	stdin io.Closer
}

func begin(t *testing.T, task, path string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), taskVariable+"="+task, pathVariable+"="+path)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return &process{Cmd: cmd, lines: bufio.NewScanner(stdout), stdin: stdin}
}

// line gives the child's next line.
func (p *process) line(t *testing.T) string {
	t.Helper()
	if !p.lines.Scan() {
		t.Fatalf("the child has ended: %v", p.lines.Err())
	}
	return p.lines.Text()
}

func TestASecondProcessIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	holder := begin(t, "hold", path)
	if got := holder.line(t); got != "open" {
		t.Fatal(got)
	}
	if err := refusedOpen(t, path); !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("got %v, want ErrInUse", err)
	}
	if got := begin(t, "hold", path).line(t); !strings.HasPrefix(got, "error:") || !strings.Contains(got, path) || !strings.Contains(got, "in use") {
		t.Errorf("another process got %q", got)
	}
	// However the owner ends, its lock ends with it.
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait()
	s := mustOpen(t, path, time.Now)
	if _, err := s.Get(t.Context(), store.Grants, "g"); err != nil {
		t.Errorf("after the owner was killed: %v", err)
	}
}

func TestMust088_FileModesUnderUmask000(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "folder")
	path := filepath.Join(folder, "store.db")
	p := begin(t, "hold", path)
	if got := p.line(t); got != "open" {
		t.Fatal(got)
	}
	for name, want := range map[string]string{
		filepath.Dir(folder): "0700", folder: "0700", path: "0600", path + "-wal": "0600", path + "-shm": "0600", path + ".lock": "0600",
	} {
		if got := mode(t, name); got != want {
			t.Errorf("%s has mode %s, want %s", name, got, want)
		}
	}
	if err := p.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("the child did not end well: %v", err)
	}
}

func TestThreat120_AnOpenFileIsClosedToOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	p := begin(t, "hold", path)
	if got := p.line(t); got != "open" {
		t.Fatal(got)
	}
	_ = p.Process.Kill() // leaves the companions behind
	_ = p.Wait()
	names := []string{path, path + "-wal", path + "-shm"}
	for _, name := range names {
		if err := os.Chmod(name, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s := mustOpen(t, path, time.Now)
	if err := s.Commit(t.Context(), store.Creating(token("k"))); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if got := mode(t, name); got != "0600" {
			t.Errorf("%s has mode %s, want 0600", name, got)
		}
	}
}

// TestThreat025_KilledWhileRotating: whatever was acknowledged is there after kill -9, nothing is there by half: a token
// exists exactly if the one before it is spent and recorded as used.
func TestThreat025_KilledWhileRotating(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	known := make([]int, authors)
	for round := range 8 {
		p := begin(t, "rotate", path)
		if got := p.line(t); got != "open" {
			t.Fatal(got)
		}
		acknowledged := slices.Clone(known)
		for armed := false; p.lines.Scan(); {
			if !armed { // rotations are under way
				armed = true
				time.AfterFunc(time.Duration(20+40*round)*time.Millisecond, func() { _ = p.Process.Kill() })
			}
			var author, n int
			if _, err := fmt.Sscanf(p.lines.Text(), "%d %d", &author, &n); err != nil {
				t.Fatalf("the child wrote %q", p.lines.Text())
			}
			acknowledged[author] = n
		}
		_ = p.Wait()
		s := mustOpen(t, path, time.Now)
		for author, least := range acknowledged {
			known[author] = checkAuthor(t, s, author, least)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("rotations per author: %v", known)
}

// checkAuthor wants an unbroken chain of tokens, at least as long as was acknowledged and at most one longer.
func checkAuthor(t *testing.T, s store.Store, author, acknowledged int) int {
	t.Helper()
	f := store.Filter{ClientID: client(author)}
	tokens, err := s.List(t.Context(), store.RefreshTokens, f, "", 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	used, err := s.List(t.Context(), store.UsedOnce, f, "", 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	if len(tokens) < acknowledged || len(tokens) > acknowledged+1 || len(tokens) != len(used) {
		t.Fatalf("author %d: %d rotations were acknowledged, %d tokens and %d uses are stored", author, acknowledged, len(tokens), len(used))
	}
	for i, r := range tokens {
		spent := i < len(tokens)-1
		if r.Key != tokenKey(author, i+1) || (r.Version == 2) != spent || used[i].Key != tokenKey(author, i) {
			t.Fatalf("author %d: token %d of %d is %s at version %d, used is %s", author, i+1, len(tokens), r.Key, r.Version, used[i].Key)
		}
	}
	return len(tokens)
}
