package setting

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecretPrintsNothing(t *testing.T) {
	client := struct{ Secret []Secret }{[]Secret{"canary-5f1c"}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, value := range []any{client, client.Secret, client.Secret[0]} {
			if shown := fmt.Sprintf(verb, value); strings.Contains(shown, "canary") {
				t.Errorf("%s of %T shows the secret", verb, value)
			}
		}
	}
}

// MUST 83: what stands in the configuration is the reference, not what it refers to.
func TestMust083_SecretKeepsItsPlaceholderInJSON(t *testing.T) {
	t.Setenv("SOME_SECRET", "canary-5f1c")
	secret := Secret("{env.SOME_SECRET}")
	if _, err := secret.Resolve(); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != `"{env.SOME_SECRET}"` {
		t.Errorf("got %s", got)
	}
}

func TestSecretIsResolvedOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("of a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOME_SECRET", "of the environment")
	t.Setenv("NESTED_SECRET", "{env.SOME_SECRET}")
	for name, test := range map[string]struct {
		configured Secret
		want       string
	}{
		"plain":                                 {"plain", "plain"},
		"of the environment":                    {"{env.SOME_SECRET}", "of the environment"},
		"of a file, without its line break":     {Secret("{file." + file + "}"), "of a file"},
		"a value with braces is not read again": {"{env.NESTED_SECRET}", "{env.SOME_SECRET}"},
		"an escaped brace is itself":            {`a\{b`, "a{b"},
		"a hash is left alone":                  {"$2a$14$abc", "$2a$14$abc"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := test.configured.Resolve()
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestUnsetSecretIsAnError(t *testing.T) {
	t.Setenv("EMPTY_SECRET", "")
	for name, test := range map[string]struct {
		configured Secret
		named      string // must stand in the error
	}{
		"empty":                    {"", ""},
		"unset variable":           {"{env.CERTAINLY_NOT_SET}", "{env.CERTAINLY_NOT_SET}"},
		"empty variable":           {"{env.EMPTY_SECRET}", "{env.EMPTY_SECRET}"},
		"missing file":             {"{file./certainly/not/there}", "{file./certainly/not/there}"},
		"unknown placeholder":      {"{vault.secret}", "{vault.secret}"},
		"placeholder with a guess": {"canary{env.CERTAINLY_NOT_SET}", ""},
		"secret with a brace":      {"can{ary}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := test.configured.Resolve()
			if err == nil {
				t.Fatalf("resolved to %q", got)
			}
			if !strings.Contains(err.Error(), test.named) {
				t.Errorf("%q does not name %s", err, test.named)
			}
			if strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "ary}") {
				t.Errorf("%q shows a part of the secret", err)
			}
		})
	}
}
