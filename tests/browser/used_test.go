package browser

import (
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// used is the folder of a Caddy that ran once: its keys and certificates took a second of work each.
var used struct {
	sync.Mutex
	dir string
}

// newFolder is a folder of its own with the keys and certificates of the used one in it. What signs is
// the same in all worlds of these tests, and nothing else: nobody had signed in when it was copied.
func newFolder(t *testing.T, issuer string, sites func(dir string) (options, sites string)) string {
	t.Helper()
	used.Lock()
	defer used.Unlock()
	if used.dir == "" {
		dir, err := os.MkdirTemp(folder, "used-")
		if err != nil {
			t.Fatal(err)
		}
		options, sites := sites(dir)
		caddy := harness.StartIn(t, dir, options, sites)
		harness.Reach(t, caddy.Client(t), issuer+"/jwks")
		caddy.Stop(t)
		used.dir = dir
	}
	dir := t.TempDir()
	if err := copyFolder(dir, used.dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func copyFolder(to, from string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(to, name), 0o700)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), content, 0o600)
	})
}
