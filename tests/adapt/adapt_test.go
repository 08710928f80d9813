package adapt

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	_ "github.com/caddyserver/caddy/v2/modules/standard"
	"github.com/google/go-cmp/cmp"

	_ "github.com/seed-5b16f944/gatehouse"
)

// update writes what came out as what is expected. The difference is then for people to read.
var update = flag.Bool("update", false, "rewrite the expected results")

// separator stands between a Caddyfile and what is expected of it.
const separator = "----------\n"

// examples are the Caddyfiles people start from.
var examples = []string{"../../Caddyfile.example", "../../Caddyfile.mcp.example"}

// golden is a Caddyfile and what it must become.
type golden struct {
	path, input, expected string
}

// goldens reads the folder, which must not be empty: a test of nothing would pass.
func goldens(t *testing.T, folder string) []golden {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Fatalf("testdata/%s holds nothing", folder)
	}
	read := make([]golden, 0, len(paths))
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		input, expected, found := strings.Cut(string(text), separator)
		if !found && !*update {
			t.Fatalf("%s has no line of dashes", path)
		}
		read = append(read, golden{path: path, input: input, expected: expected})
	}
	return read
}

// check compares what came out with what is expected, or writes it down.
func (g golden) check(t *testing.T, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(g.path, []byte(g.input+separator+got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(g.expected, got); diff != "" {
		t.Errorf("unexpected result (-want +got):\n%s", diff)
	}
}

// adapt makes JSON of a Caddyfile, indented for reading.
func adapt(t *testing.T, input string) (string, []caddyconfig.Warning, error) {
	t.Helper()
	out, warnings, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(input), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		return "", warnings, err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, out, "", "\t"); err != nil {
		t.Fatal(err)
	}
	return indented.String() + "\n", warnings, nil
}

func TestCaddyfilesBecomeJSON(t *testing.T) {
	for _, g := range goldens(t, "json") {
		t.Run(filepath.Base(g.path), func(t *testing.T) {
			got, warnings, err := adapt(t, g.input)
			if err != nil {
				t.Fatal(err)
			}
			for _, warning := range warnings {
				t.Errorf("warning: %s", warning)
			}
			g.check(t, got)
		})
	}
}

func TestFaultyCaddyfilesAreRefused(t *testing.T) {
	for _, g := range goldens(t, "errors") {
		t.Run(filepath.Base(g.path), func(t *testing.T) {
			got, _, err := adapt(t, g.input)
			if err == nil {
				t.Fatalf("was accepted:\n%s", got)
			}
			g.check(t, err.Error()+"\n")
		})
	}
}

// What the Caddyfile reader lets pass and provisioning refuses: all faults of one provider come together.
func TestFaultyConfigurationsAreRefused(t *testing.T) {
	dataDirectory(t)
	for _, g := range goldens(t, "faults") {
		t.Run(filepath.Base(g.path), func(t *testing.T) {
			got, _, err := adapt(t, g.input)
			if err != nil {
				t.Fatal(err)
			}
			err = provision(t, got)
			if err == nil {
				t.Fatal("was accepted")
			}
			g.check(t, err.Error()+"\n")
		})
	}
}

func TestGoodConfigurationsProvision(t *testing.T) {
	data := dataDirectory(t)
	t.Setenv("WEB_SECRET", "a secret of the web client")
	t.Setenv("SIGNER_SECRET", strings.Repeat("0123456789abcdef", 2))
	t.Setenv("ENCRYPTION_KEY", strings.Repeat("0123456789abcdef", 4))
	t.Setenv("DATABASE_URL", "postgres://gatehouse@localhost/gatehouse")
	for _, g := range goldens(t, "json") {
		t.Run(filepath.Base(g.path), func(t *testing.T) {
			got, _, err := adapt(t, g.input)
			if err != nil {
				t.Fatal(err)
			}
			if err := provision(t, got); err != nil {
				t.Fatal(err)
			}
			mustNotExist(t, filepath.Join(data, "caddy", "openid"))
		})
	}
}

func TestExamplesAreFormatted(t *testing.T) {
	for _, example := range examples {
		text := readExample(t, example)
		if diff := cmp.Diff(string(caddyfile.Format(text)), string(text)); diff != "" {
			t.Errorf("%s is not as `caddy fmt` writes it (-want +got):\n%s", example, diff)
		}
	}
}

func TestExamplesProvision(t *testing.T) {
	data := dataDirectory(t)
	for _, example := range examples {
		got, warnings, err := adapt(t, string(readExample(t, example)))
		if err != nil {
			t.Fatal(err)
		}
		for _, warning := range warnings {
			t.Errorf("%s: warning: %s", example, warning)
		}
		if err := provision(t, got); err != nil {
			t.Fatalf("%s: %v", example, err)
		}
		mustNotExist(t, filepath.Join(data, "caddy", "openid"))
	}
}

// OpenID Connect Core section 5.1 lists twenty claims; the example shows each of them for each person.
func TestExampleShowsEveryStandardClaim(t *testing.T) {
	got, _, err := adapt(t, string(readExample(t, examples[0])))
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Apps struct {
			App struct {
				Providers map[string]struct {
					Users []struct {
						Name   string         `json:"name"`
						Sub    string         `json:"sub"`
						Claims map[string]any `json:"claims"`
					} `json:"users"`
				} `json:"providers"`
			} `json:"openid_provider"`
		} `json:"apps"`
	}
	if err := json.Unmarshal([]byte(got), &config); err != nil {
		t.Fatal(err)
	}
	users := config.Apps.App.Providers["main"].Users
	if len(users) != 3 {
		t.Fatalf("%d users, want diana, babs and upper", len(users))
	}
	for _, user := range users {
		for _, claim := range []string{
			"name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website", "email",
			"email_verified", "gender", "birthdate", "zoneinfo", "locale", "phone_number", "phone_number_verified", "address", "updated_at",
		} {
			if _, has := user.Claims[claim]; !has {
				t.Errorf("%s has no %s", user.Name, claim)
			}
		}
		if user.Sub == "" {
			t.Errorf("%s has no sub", user.Name)
		}
	}
}

func readExample(t *testing.T, example string) []byte {
	t.Helper()
	text, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// dataDirectory moves Caddy's data directory into one that is removed after the test.
func dataDirectory(t *testing.T) string {
	t.Helper()
	data := t.TempDir()
	t.Setenv("XDG_DATA_HOME", data)
	return data
}

// provision does what `caddy validate` does.
func provision(t *testing.T, config string) error {
	t.Helper()
	var parsed caddy.Config
	if err := caddy.StrictUnmarshalJSON([]byte(config), &parsed); err != nil {
		t.Fatal(err)
	}
	return caddy.Validate(&parsed)
}

// mustNotExist holds `caddy validate` to making no file.
func mustNotExist(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s was made: %v", path, err)
	}
}
