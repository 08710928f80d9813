package op_test

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store/sqlite"
)

// forItself gets an access token for the client itself.
func forItself(t *testing.T, p *op.Provider) string {
	t.Helper()
	response, body := ask(t, p, http.MethodPost, "https://id.example.com/token", map[string][]string{"grant_type": {oauth.GrantClientCredentials}, "resource": {api}})
	_, rest, found := strings.Cut(body, `"access_token":"`)
	token, _, whole := strings.Cut(rest, `"`)
	if response.StatusCode != http.StatusOK || !found || !whole {
		t.Fatalf("%s %s", response.Status, body)
	}
	return token
}

// keySet is what the provider publishes.
func keySet(t *testing.T, p *op.Provider) string {
	t.Helper()
	_, body := ask(t, p, http.MethodGet, "https://id.example.com/jwks", nil)
	return body
}

// TestABackupIsTheSameProviderWithNobodySignedIn opens a backup that was made of a running provider.
func TestABackupIsTheSameProviderWithNobodySignedIn(t *testing.T) {
	for name, key := range map[string][]byte{"sealed": []byte(strings.Repeat("k", 32)), "unsealed": nil} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			at := op.Location{Path: filepath.Join(dir, "main.db"), EncryptionKey: key}
			p := start(t, config(), open(t, at))
			token := forItself(t, p)
			copied := op.Location{Path: filepath.Join(dir, "backup.db"), EncryptionKey: key}
			if err := op.Backup(t.Context(), at, copied.Path); err != nil {
				t.Fatal(err)
			}
			if _, err := p.Introspect(t.Context(), token); err != nil {
				t.Errorf("the store that was backed up: %v", err)
			}
			restored := start(t, config(), open(t, copied))
			if got, want := keySet(t, restored), keySet(t, p); got != want {
				t.Errorf("the keys are %s, not %s", got, want)
			}
			if _, err := restored.Introspect(t.Context(), token); !errors.Is(err, op.ErrInactive) {
				t.Errorf("a token of before: %v", err)
			}
			if _, err := restored.Introspect(t.Context(), forItself(t, restored)); err != nil {
				t.Errorf("a token of its own: %v", err)
			}
		})
	}
}

func TestOnlyFilesAreBackedUp(t *testing.T) {
	if err := op.Backup(t.Context(), op.Location{Driver: op.DriverMemory}, filepath.Join(t.TempDir(), "x")); err == nil {
		t.Error("a memory was backed up")
	}
}

// target is a file that may not be written, or not be made to last.
type target struct {
	strings.Builder
	sync error
}

func (f *target) Sync() error { return f.sync }

// TestAMoveIsTheSameProvider carries all of a store, by way of a file, and goes on with it.
func TestAMoveIsTheSameProvider(t *testing.T) {
	for name, key := range map[string][]byte{"sealed": []byte(strings.Repeat("k", 32)), "unsealed": nil} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			at := op.Location{Path: filepath.Join(dir, "here.db"), EncryptionKey: key}
			st := open(t, at)
			p := start(t, config(), st)
			token, keys := forItself(t, p), keySet(t, p)
			file, err := os.Create(filepath.Join(dir, "file"))
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			of := op.Carried{Provider: "main", Issuer: config().Issuer, Moved: true}
			if _, err := op.Export(t.Context(), at, of, file); !errors.Is(err, sqlite.ErrInUse) {
				t.Fatalf("a store in use: %v", err)
			}
			if err := st.Close(); err != nil {
				t.Fatal(err)
			}
			// A file that does not last does not end the store.
			full := errors.New("disk full")
			if _, err := op.Export(t.Context(), at, of, &target{sync: full}); !errors.Is(err, full) {
				t.Fatalf("a full disk: %v", err)
			}
			if err := open(t, at).Close(); err != nil {
				t.Fatal(err)
			}
			out, err := op.Export(t.Context(), at, of, file)
			if err != nil || out.Records == 0 {
				t.Fatalf("%+v, %v", out, err)
			}
			if _, err := op.Open(t.Context(), at); err == nil {
				t.Error("the store that was moved opens")
			}
			there := op.Location{Path: filepath.Join(dir, "there.db"), EncryptionKey: key}
			for want, wrong := range map[string]op.Location{
				"encryption key": {Path: there.Path, EncryptionKey: []byte(strings.Repeat("x", 32))},
				"memory":         {Driver: op.DriverMemory},
			} {
				rewind(t, file)
				if _, err := op.Import(t.Context(), wrong, of.Issuer, file); err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%s: %v", want, err)
				}
			}
			rewind(t, file)
			if _, err := op.Import(t.Context(), there, "https://other.example", file); err == nil {
				t.Error("another issuer's file was imported")
			}
			rewind(t, file)
			in, err := op.Import(t.Context(), there, of.Issuer, file)
			if err != nil || in.Records != out.Records || !in.Moved || in.Provider != "main" || !in.At.Equal(out.At) {
				t.Fatalf("%+v, %v, exported %+v", in, err, out)
			}
			moved := start(t, config(), open(t, there))
			if _, err := moved.Introspect(t.Context(), token); err != nil {
				t.Errorf("a token of before: %v", err)
			}
			if got := keySet(t, moved); got != keys {
				t.Errorf("the keys are %s, not %s", got, keys)
			}
		})
	}
}

func rewind(t *testing.T, file *os.File) {
	t.Helper()
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
}

func TestMemoryIsNotCarried(t *testing.T) {
	for _, moved := range []bool{true, false} {
		if _, err := op.Export(t.Context(), op.Location{Driver: op.DriverMemory}, op.Carried{Moved: moved}, new(target)); err == nil {
			t.Errorf("a memory was exported (moved %t)", moved)
		}
		missing := filepath.Join(t.TempDir(), "missing.db")
		if _, err := op.Export(t.Context(), op.Location{Path: missing}, op.Carried{Moved: moved}, new(target)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a store that is not there (moved %t): %v", moved, err)
		}
		if _, err := os.Stat(missing); err == nil {
			t.Error("it was made")
		}
	}
}
