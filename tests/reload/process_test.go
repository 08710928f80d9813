package reload

import (
	"io/fs"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// entries lists everything below dir.
func entries(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		all = append(all, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// `caddy validate` judges and makes nothing: no store, no key, no lock, no folder.
func TestValidateMakesNothing(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]string{"default store": "", "store of its own": "state/deep/main.db"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			house := harness.NewHouse(t, 1)
			if store != "" {
				house.Store = filepath.Join(dir, store)
			}
			config := harness.WriteConfig(t, dir, house.Options(), house.Sites())
			output, err := harness.Command(t, dir, []string{"validate", "--config", config, "--adapter", "caddyfile"})
			if err != nil || !strings.Contains(output, "Valid configuration") {
				t.Fatalf("%v\n%s", err, output)
			}
			for _, path := range entries(t, dir) {
				for _, ours := range []string{"openid", "state", ".db", ".lock"} {
					if strings.Contains(strings.TrimPrefix(path, dir), ours) {
						t.Errorf("%s was made", path)
					}
				}
			}
		})
	}
}

// It does so beside a Caddy that runs with the same store, which is not disturbed.
func TestValidateBesideARunningCaddy(t *testing.T) {
	t.Parallel()
	c, house := started(t, nil)
	token := tokens(t, house, c.Client(t), house.SignedIn(t, c))
	before := entries(t, filepath.Dir(house.Store))
	config := harness.WriteConfig(t, t.TempDir(), house.Options(), house.Sites())
	if output, err := harness.Command(t, c.Dir, []string{"validate", "--config", config, "--adapter", "caddyfile"}); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if after := entries(t, filepath.Dir(house.Store)); strings.Join(after, " ") != strings.Join(before, " ") {
		t.Errorf("there are %v, were %v", after, before)
	}
	wantGuard(t, house, c.Client(t), token.AccessToken, http.StatusOK)
}

// A store belongs to one process: the second ends with an error that names the file, and the first does
// not notice.
func TestSecondProcessIsToldWhoseStoreItIs(t *testing.T) {
	t.Parallel()
	c, house := started(t, nil)
	token := tokens(t, house, c.Client(t), house.SignedIn(t, c))
	dir := t.TempDir()
	second := house.With(func(h *harness.House) { h.Port = harness.Port(t) })
	config := harness.WriteConfig(t, dir, second.Options(), second.Sites())
	output, err := harness.Command(t, dir, []string{"run", "--config", config, "--adapter", "caddyfile"})
	if err == nil {
		t.Fatal("a second process opened the store")
	}
	lines := strings.Split(strings.TrimSpace(output), "\n")
	for _, word := range []string{house.Store, "in use", "provider main"} {
		if last := lines[len(lines)-1]; !strings.Contains(last, word) {
			t.Errorf("the last line does not say %q: %s", word, last)
		}
	}
	wantGuard(t, house, c.Client(t), token.AccessToken, http.StatusOK)
	wantRefresh(t, house, c.Client(t), token.RefreshToken, http.StatusOK, "")
}
