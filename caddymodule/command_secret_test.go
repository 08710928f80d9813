package caddymodule

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/client"
)

func TestMadeSecretFitsItsDigest(t *testing.T) {
	var out, messages bytes.Buffer
	if err := makeSecret(&out, &messages); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("got %q", out.String())
	}
	secret, err := client.DigestSecret(lines[1])
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := secret.Verify(lines[0]); !ok || err != nil {
		t.Errorf("the secret does not fit its digest: %v", err)
	}
	if strings.Contains(messages.String(), lines[0]) {
		t.Error("the secret is among the messages")
	}
}

func TestHiddenInputOfAPipe(t *testing.T) {
	for text, want := range map[string]string{"secret\n": "secret", "secret\r\n": "secret", "secret": "secret", "with blanks \nmore": "with blanks "} {
		if got, err := readHidden(t.Context(), fileWith(t, text), "Secret: "); err != nil || got != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	if _, err := readHidden(t.Context(), fileWith(t, "\n"), "Secret: "); err == nil {
		t.Error("an empty secret was accepted")
	}
}

func TestHiddenInputEndsWithItsContext(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	defer write.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := readHidden(ctx, read, "Secret: "); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestIntrospectionSecretOfTheEnvironment(t *testing.T) {
	t.Setenv(introspectSecretVariable, "of the environment")
	if got, err := introspectSecret(t.Context(), "svc"); err != nil || got != "of the environment" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestCommandsAreThere(t *testing.T) {
	for _, cmd := range []interface {
		Name() string
		ValidateArgs(args []string) error
	}{loginCommand(), hashSecretCommand()} {
		if err := cmd.ValidateArgs([]string{"secret-on-the-command-line"}); err == nil {
			t.Errorf("%s takes arguments", cmd.Name())
		}
	}
	for _, flag := range []string{"issuer", "client", "scope", "resource", "introspect-as", "cacert", "no-browser", "timeout"} {
		if loginCommand().Flags().Lookup(flag) == nil {
			t.Errorf("login has no --%s", flag)
		}
	}
	// Arguments are seen by every user of the machine.
	for _, flag := range []string{"secret", "password", "client-secret"} {
		if loginCommand().Flags().Lookup(flag) != nil {
			t.Errorf("login takes a secret as --%s", flag)
		}
	}
}

func fileWith(t *testing.T, text string) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "input")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}
