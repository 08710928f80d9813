package harness

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// BinaryVariable names the environment variable that points to a Caddy built from xcaddy/main.go, so
// that one build serves every package of tests.
const BinaryVariable = "GATEHOUSE_BINARY"

var build = sync.OnceValues(func() (string, error) {
	if path := os.Getenv(BinaryVariable); path != "" {
		return path, nil
	}
	home, err := buildFolder()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(home, "build-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	return compile(filepath.Join(home, "caddy"), dir, []string{"CGO_ENABLED=1"}, "-race")
})

// compile builds Caddy in dir, and moves it to path when it is whole.
func compile(path, dir string, env []string, flags ...string) (string, error) {
	built := filepath.Join(dir, "caddy")
	command := exec.Command("go", append(append([]string{"build"}, flags...), "-o", built, "./xcaddy")...)
	command.Dir = Root()
	command.Env = append(os.Environ(), env...)
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building Caddy: %w\n%s", err, output)
	}
	// Packages are tested at the same time: whoever is ready last puts the same binary there again.
	return path, os.Rename(built, path)
}

// buildFolder is one for each copy of the module, so that a binary of 100 MB is left behind once and not
// by every run.
func buildFolder() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	module := sha256.Sum256([]byte(Root()))
	dir := filepath.Join(cache, "gatehouse-tests", hex.EncodeToString(module[:8]))
	return dir, os.MkdirAll(dir, 0o700)
}

// Binary is the path of a Caddy with this module, built once.
func Binary(t testing.TB) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Root is the folder of the module.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}
