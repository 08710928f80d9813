package faults

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// newHouse is a House whose store is in dir.
func newHouse(t *testing.T, dir string) *harness.House {
	t.Helper()
	house := harness.NewHouse(t, harness.Upstream(t, harness.SayForWhom))
	house.Store = filepath.Join(dir, "state", "main.db")
	return house
}

// start runs Caddy on what dir holds.
func start(t *testing.T, dir string, house *harness.House) *harness.Caddy {
	t.Helper()
	return house.Start(t, dir)
}

// refusedStart wants Caddy to end by itself with an error that names all of these words.
func refusedStart(t *testing.T, dir string, house *harness.House, words ...string) {
	t.Helper()
	config := harness.WriteConfig(t, dir, house.Options(), house.Sites())
	output, err := harness.Command(t, dir, []string{"run", "--config", config, "--adapter", "caddyfile"})
	if err == nil {
		t.Fatalf("Caddy ran and ended well\n%s", output)
	}
	lines := strings.Split(strings.TrimSpace(output), "\n")
	last := lines[len(lines)-1]
	for _, word := range words {
		if !strings.Contains(last, word) {
			t.Errorf("the last line does not say %q: %s", word, last)
		}
	}
	for _, alarm := range []string{"panic", "goroutine ", "DATA RACE"} {
		if strings.Contains(output, alarm) {
			t.Errorf("the output has %q\n%s", alarm, output)
		}
	}
}

func encryptionKey() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	return "keys {\nencryption_key " + base64.StdEncoding.EncodeToString(key) + "\n}"
}

// files reads every file below dir by its name.
func files(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		all[entry.Name()] = content
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func jwks(t *testing.T, c *harness.Caddy, house *harness.House) string {
	t.Helper()
	return harness.Get(t, c.Client(t), house.Issuer()+"/jwks").Text
}

// A key that does not fit is told at the start; neither keys nor a store are made anew.
func TestThreat120_OtherEncryptionKeyIsAStartError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	house := newHouse(t, dir)
	house.Provider = encryptionKey()
	c := start(t, dir, house)
	tokens, err := house.Tokens(c.Client(t), house.SignedIn(t, c))
	if err != nil {
		t.Fatal(err)
	}
	keys := jwks(t, c, house)
	c.Stop(t)

	before := files(t, filepath.Dir(house.Store))
	for name, other := range map[string]string{"another key": encryptionKey(), "no key": ""} {
		t.Run(name, func(t *testing.T) {
			refusedStart(t, dir, house.With(func(h *harness.House) { h.Provider = other }), "provider main", "encryption key")
			for name, content := range files(t, filepath.Dir(house.Store)) {
				if !bytes.Equal(content, before[name]) {
					t.Errorf("%s was written to", name)
				}
			}
		})
	}
	c = start(t, dir, house)
	if again := jwks(t, c, house); again != keys {
		t.Errorf("the keys were %s and are %s", keys, again)
	}
	if reply, err := house.Web(c.Client(t)).Refresh(tokens.RefreshToken); err != nil || reply.Status != http.StatusOK {
		t.Errorf("refresh token of before: %v, %v", reply, err)
	}
}

// The error names the file, and the file stays for whoever mends it.
func TestCorruptedStoreIsAStartError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	house := newHouse(t, dir)
	c := start(t, dir, house)
	_ = jwks(t, c, house)
	c.Stop(t)
	good, err := os.ReadFile(house.Store)
	if err != nil {
		t.Fatal(err)
	}
	half := bytes.Clone(good)
	clear(half[len(half)/8:])
	for name, content := range map[string][]byte{
		"no database":           bytes.Repeat([]byte("this is no database\n"), 1000),
		"cut off":               good[:len(good)/2],
		"zeroed but the header": half,
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(house.Store, content, 0o600); err != nil {
				t.Fatal(err)
			}
			refusedStart(t, dir, house, "provider main", house.Store)
			if after, err := os.ReadFile(house.Store); err != nil || !bytes.Equal(after, content) {
				t.Errorf("the file was written to (%v)", err)
			}
		})
	}
	if err := os.WriteFile(house.Store, good, 0o600); err != nil {
		t.Fatal(err)
	}
	_ = jwks(t, start(t, dir, house), house)
}

// A store that was deleted while its write-ahead log stayed was not meant to be a new one: what the log
// holds was acknowledged.
func TestDeletedStoreWithItsLogLeftIsAStartError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	house := newHouse(t, dir)
	c := start(t, dir, house)
	_ = jwks(t, c, house)
	c.Kill(t) // leaves the log behind
	if err := os.Remove(house.Store); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(house.Store + "-wal")
	if err != nil || len(log) == 0 {
		t.Fatalf("the log has %d bytes: %v", len(log), err)
	}
	refusedStart(t, dir, house, "provider main", house.Store, "-wal")
	if after, err := os.ReadFile(house.Store + "-wal"); err != nil || !bytes.Equal(after, log) {
		t.Errorf("the log was touched (%v)", err)
	}
}

func TestThreat120_FileModesUnderUmask000(t *testing.T) {
	dir := t.TempDir()
	house := newHouse(t, dir)
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	c := start(t, dir, house)
	for range 3 {
		if _, err := house.Tokens(c.Client(t), house.SignedIn(t, c)); err != nil {
			t.Fatal(err)
		}
	}
	checkModes(t, house.Store, "", "-wal", "-shm", ".lock")
	if err := c.Load(t, house.Options()+"\nlog {\nlevel INFO\n}", house.Sites()); err != nil {
		t.Fatal(err)
	}
	c.Kill(t)
	checkModes(t, house.Store, "", "-wal", "-shm", ".lock")
	c = start(t, dir, house)
	c.Stop(t)
	checkModes(t, house.Store, "", ".lock")
}

// checkModes wants the store's files for their owner alone, and its folder too.
func checkModes(t *testing.T, store string, companions ...string) {
	t.Helper()
	for _, companion := range companions {
		if info, err := os.Stat(store + companion); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; want mode 0600", store+companion, info.Mode(), err)
		}
	}
	if info, err := os.Stat(filepath.Dir(store)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%s: %v, %v; want mode 0700", filepath.Dir(store), info.Mode(), err)
	}
}
