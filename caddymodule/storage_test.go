package caddymodule

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
)

func TestStorageIsInCaddysDataDirectory(t *testing.T) {
	data := realPath(t, t.TempDir())
	t.Setenv("XDG_DATA_HOME", data)
	var none *Storage
	got, err := none.location("main", "")
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(data, "caddy", "openid", "main.db"); got.Path != want || got.Driver != driverSQLite {
		t.Errorf("got %s %s, want sqlite %s", got.Driver, got.Path, want)
	}
	if _, err := os.Stat(filepath.Join(data, "caddy")); err == nil {
		t.Error("the directory was made")
	}
}

// Two spellings of one file must be one lease, or a reload would lock itself out.
func TestStoragePathIsCanonical(t *testing.T) {
	dir := realPath(t, t.TempDir())
	if err := os.MkdirAll(filepath.Join(dir, "real"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "real"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("STATE_DIR", dir)
	t.Chdir(dir)
	want := filepath.Join(dir, "real", "sub", "x.db")
	for _, path := range []string{
		want,
		filepath.Join(dir, "link", "sub", "x.db"),
		dir + "/real/./sub/../sub//x.db",
		"real/sub/x.db",
		"{env.STATE_DIR}/link/sub/x.db",
	} {
		got, err := (&Storage{Path: path}).location("main", "")
		if err != nil {
			t.Fatal(err)
		}
		if got.Path != want {
			t.Errorf("%s is %s, want %s", path, got.Path, want)
		}
	}
}

func TestFaultyStorageIsRefused(t *testing.T) {
	for name, storage := range map[string]*Storage{
		"unknown driver":     {Driver: "mysql"},
		"memory with a path": {Driver: driverMemory, Path: "/tmp/x"},
		"unset placeholder":  {Path: "{env.CERTAINLY_NOT_SET}/x.db"},
	} {
		if got, err := storage.location("main", ""); err == nil {
			t.Errorf("%s: was accepted as %v", name, got)
		}
	}
}

func TestEncryptionKeyIsThirtyTwoBytes(t *testing.T) {
	key := bytes.Repeat([]byte{0xfb, 0xff}, 16)
	t.Setenv("ENCRYPTION_KEY", base64.StdEncoding.EncodeToString(key))
	for name, configured := range map[string]Secret{
		"base64":              Secret(base64.StdEncoding.EncodeToString(key)),
		"base64, no padding":  Secret(base64.RawStdEncoding.EncodeToString(key)),
		"base64url":           Secret(base64.URLEncoding.EncodeToString(key)),
		"base64url, unpadded": Secret(base64.RawURLEncoding.EncodeToString(key)),
		"hexadecimal":         Secret(hex.EncodeToString(key)),
		"placeholder":         "{env.ENCRYPTION_KEY}",
	} {
		got, err := decodeEncryptionKey(configured)
		if err != nil || !bytes.Equal(got, key) {
			t.Errorf("%s: %x, %v", name, got, err)
		}
	}
	for name, configured := range map[string]Secret{
		"too short":     Secret(base64.StdEncoding.EncodeToString(key[:31])),
		"too long":      Secret(base64.StdEncoding.EncodeToString(append(key, 1))),
		"a pass phrase": "correct horse battery staple",
		"32 characters": "0123456789abcdef0123456789abcdef",
		"unset":         "{env.CERTAINLY_NOT_SET}",
	} {
		if _, err := decodeEncryptionKey(configured); err == nil {
			t.Errorf("%s: was accepted", name)
		}
	}
	if got, err := decodeEncryptionKey(""); got != nil || err != nil {
		t.Errorf("no key: %x, %v", got, err)
	}
}

// realPath follows the links of a temporary directory, which some systems have.
func realPath(t *testing.T, path string) string {
	t.Helper()
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		t.Fatal(err)
	}
	return real
}
