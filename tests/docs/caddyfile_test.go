package docs

import (
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	_ "github.com/caddyserver/caddy/v2/modules/standard"
	"github.com/google/go-cmp/cmp"

	_ "github.com/seed-5b16f944/gatehouse"
)

// aSecret stands for every secret and key that an example takes from elsewhere: 32 bytes in base64.
const aSecret = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// What surrounds a fragment, by its mark. %s is the fragment.
var wraps = map[string]string{
	"": "%s",
	"provider": `{
	openid_provider {
		issuer https://id.example.com
%s
	}
}
id.example.com {
	openid_provider
}
`,
	"sites": `{
	openid_provider {
		issuer https://id.example.com
		client shop {
			secret {env.SHOP_SECRET}
			redirect_uris https://shop.example.com/callback
			scopes openid orders:read orders:write orders:archive
		}
	}
}
id.example.com {
	openid_provider
}
%s`,
	"guard": `{
	openid_provider {
		issuer https://id.example.com
	}
}
id.example.com {
	openid_provider
}
wiki.example.com {
	openid_guard {
		audience https://wiki.example.com
		browser
%s
	}
}
`,
}

// TestCaddyfilesProvision does to every Caddyfile of the documents what `caddy validate` does, and holds
// them to the form of `caddy fmt`.
func TestCaddyfilesProvision(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	for _, b := range allBlocks(t, "caddyfile") {
		t.Run(fmt.Sprintf("%s:%d", b.file, b.line), func(t *testing.T) {
			if diff := cmp.Diff(string(caddyfile.Format([]byte(b.text))), b.text); diff != "" {
				t.Errorf("not as `caddy fmt` writes it (-want +got):\n%s", diff)
			}
			wrap, known := wraps[b.mark]
			if !known {
				t.Fatalf("unknown mark %q", b.mark)
			}
			config, warnings, err := caddyconfig.GetAdapter("caddyfile").Adapt(
				caddyfile.Format([]byte(elsewhere(t, fmt.Sprintf(wrap, b.text)))), map[string]any{"filename": "Caddyfile"})
			if err != nil {
				t.Fatal(err)
			}
			for _, warning := range warnings {
				t.Errorf("warning: %s", warning)
			}
			var parsed caddy.Config
			if err := caddy.StrictUnmarshalJSON(config, &parsed); err != nil {
				t.Fatal(err)
			}
			if err := caddy.Validate(&parsed); err != nil {
				t.Error(err)
			}
		})
	}
}

var (
	variable  = regexp.MustCompile(`\{env\.([A-Z_]+)\}`)
	file      = regexp.MustCompile(`\{file\.[^{}]+\}`)
	usersFile = regexp.MustCompile(`(users file) \S+`)
	templates = regexp.MustCompile(`(templates) \S+`)
	trustPool = regexp.MustCompile(`(trust_pool file) \S+`)
)

// authority is a certificate to trust.
func authority(t *testing.T) string {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

// elsewhere puts files and variables that an example refers to where the test may write.
func elsewhere(t *testing.T, text string) string {
	t.Helper()
	for _, match := range variable.FindAllStringSubmatch(text, -1) {
		t.Setenv(match[1], aSecret)
	}
	dir := t.TempDir()
	put := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	text = file.ReplaceAllLiteralString(text, "{file."+put("secret", aSecret+"\n")+"}")
	text = usersFile.ReplaceAllString(text, "$1 "+put("users.json", `{"users":[]}`))
	text = trustPool.ReplaceAllString(text, "$1 "+put("ca.pem", authority(t)))
	text = templates.ReplaceAllString(text, "$1 "+dir)
	if strings.Contains(text, "{$") {
		t.Error("an example shows a secret that would land in the adapted configuration")
	}
	return text
}
