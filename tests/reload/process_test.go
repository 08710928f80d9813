package reload

import (
	"io/fs"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

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

// What is allowed but hardly meant is told by `caddy validate` as at a start, and only of what was provisioned as a whole.
func TestValidateWarnsLikeAStart(t *testing.T) {
	t.Parallel()
	const unserved, undeclared = "the directive openid_provider is missing", "nobody declares the resource"
	const elsewhere = "stands in no site of the issuer's host, so nothing answers at "
	good := harness.NewHouse(t, 1)
	bare := "localhost:" + strconv.Itoa(good.Port) + " {\nbind 127.0.0.1\ntls internal\nrespond \"no provider\"\n}\n"
	for name, test := range map[string]struct {
		options, sites string
		valid          bool
		told, untold   []string
	}{
		"nothing to say":       {good.Options(), good.Sites(), true, nil, []string{unserved, undeclared, elsewhere}},
		"another host":         {strings.Replace(good.Options(), good.Issuer(), "https://id.example", 1), good.Sites(), true, []string{elsewhere + "https://id.example"}, []string{unserved}},
		"no site serves it":    {good.Options(), bare, true, []string{unserved, undeclared}, nil},
		"a fault in the sites": {good.Options(), bare + "other.example {\nopenid_guard nobody {\naudience https://a.example\n}\n}\n", false, nil, []string{unserved, undeclared}},
		"a fault of its own":   {strings.Replace(good.Options(), good.Issuer(), "http://id.example", 1), bare, false, nil, []string{unserved, undeclared}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			config := harness.WriteConfig(t, dir, test.options, test.sites)
			output, err := harness.Command(t, dir, []string{"validate", "--config", config, "--adapter", "caddyfile"})
			if (err == nil) != test.valid {
				t.Fatalf("%v\n%s", err, output)
			}
			for _, want := range test.told {
				if strings.Count(output, want) != 1 {
					t.Errorf("%q is not told once:\n%s", want, output)
				}
			}
			for _, other := range test.untold {
				if strings.Contains(output, other) {
					t.Errorf("%q is told:\n%s", other, output)
				}
			}
		})
	}
	running := harness.StartIn(t, t.TempDir(), good.Options(), bare)
	for _, want := range []string{unserved, undeclared} {
		for deadline := time.Now().Add(10 * time.Second); strings.Count(running.Log(t), want) != 1; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("a start does not tell %q once", want)
			}
		}
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
