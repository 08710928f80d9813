package clients

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// sources is where the programs lie that the libraries are used by.
func sources(language string) string {
	return filepath.Join(harness.Root(), "tests", "clients", language)
}

// installed is a folder of the user's cache that install has filled for exactly these pins. A newer
// interpreter or another pin makes another folder; whoever removes one gets it anew.
func installed(name, interpreter string, pins []byte, install func(dir string) error) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	digest := sha256.Sum256(fmt.Appendf(nil, "%s\n%s", interpreter, pins))
	home := filepath.Join(cache, "gatehouse-clients")
	dir := filepath.Join(home, name+"-"+hex.EncodeToString(digest[:8]))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(home, 0o700); err != nil {
		return "", err
	}
	made, err := os.MkdirTemp(home, name+"-new-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(made)
	if err := install(made); err != nil {
		return "", err
	}
	// Another run may have been there first: what it made is the same.
	if err := os.Rename(made, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return dir, nil
}

// command runs a program to its end; its output is part of the error.
func command(dir, name string, arguments ...string) (string, error) {
	run := exec.Command(name, arguments...)
	run.Dir = dir
	output, err := run.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %v: %w\n%s", name, arguments, err, output)
	}
	return string(output), nil
}

// python is a virtual environment with the packages of requirements.txt.
var python = sync.OnceValues(func() (string, error) {
	version, err := command("", "python3", "--version")
	if err != nil {
		return "", fmt.Errorf("these tests need Python (the Debian packages python3 and python3-venv): %w", err)
	}
	list := filepath.Join(sources("python"), "requirements.txt")
	pins, err := os.ReadFile(list)
	if err != nil {
		return "", err
	}
	return installed("python", version, pins, func(dir string) error {
		if _, err := command(dir, "python3", "-m", "venv", dir); err != nil {
			return fmt.Errorf("these tests need the Debian package python3-venv: %w", err)
		}
		_, err := command(dir, filepath.Join(dir, "bin", "python"), "-m", "pip", "install", "--quiet", "--no-deps", "--requirement", list)
		return err
	})
})

// modules is a folder with the node_modules of package.json.
var modules = sync.OnceValues(func() (string, error) {
	interpreter, err := node()
	if err != nil {
		return "", err
	}
	version, err := command("", interpreter, "--version")
	if err != nil {
		return "", err
	}
	pins, err := os.ReadFile(filepath.Join(sources("node"), "package.json"))
	if err != nil {
		return "", err
	}
	return installed("node", version, pins, func(dir string) error {
		if err := os.WriteFile(filepath.Join(dir, "package.json"), pins, 0o600); err != nil {
			return err
		}
		_, err := command(dir, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts")
		return err
	})
})

// nodeFolder is a folder with our scripts beside the packages that they import.
func nodeFolder(t *testing.T) string {
	t.Helper()
	packages, err := modules()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(sources("node"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(packages, "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return dir
}
