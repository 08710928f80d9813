package op_test

import (
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// issued gets an access token for the client itself.
func issued(t *testing.T, p *op.Provider) string {
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
			token := issued(t, p)
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
			if _, err := restored.Introspect(t.Context(), issued(t, restored)); err != nil {
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
