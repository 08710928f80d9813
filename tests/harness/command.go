package harness

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Command runs Caddy with these arguments until it ends by itself, with its data in dir, and returns
// all it has printed. It is for what must not go on running: a command, or a start that has to fail.
func Command(t testing.TB, dir string, arguments []string, env ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startWithin)
	defer cancel()
	command := exec.CommandContext(ctx, Binary(t), arguments...)
	command.Dir = dir
	command.Env = append(append(os.Environ(), Environment(dir)...), env...)
	output, err := command.CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("caddy %v does not end within %s\n%s", arguments, startWithin, tail(string(output), 8<<10))
	}
	return string(output), err
}

// WriteConfig writes a Caddyfile into dir as StartIn would and returns its path, for Command.
func WriteConfig(t testing.TB, dir, options, sites string) string {
	t.Helper()
	path := filepath.Join(dir, "Caddyfile")
	if err := os.WriteFile(path, []byte(Global(Port(t), options)+sites), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
