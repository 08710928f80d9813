package harness

import (
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
	dir, err := os.MkdirTemp("", "gatehouse-caddy-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "caddy")
	command := exec.Command("go", "build", "-race", "-o", path, "./xcaddy")
	command.Dir = Root()
	command.Env = append(os.Environ(), "CGO_ENABLED=1")
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building Caddy: %w\n%s", err, output)
	}
	return path, nil
})

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
