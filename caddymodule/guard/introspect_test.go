package guard

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const someKey = `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`

func TestIntrospectToJSON(t *testing.T) {
	g, err := unmarshal(`openid_guard {
		audience https://api.example.com
		introspect https://as.legacy.example/introspect {
			client_id gate
			secret {env.LEGACY_SECRET}
			cache 0
			trust_audience
		}
		introspect https://other.example/introspect {
			client_id gate
			key /etc/gate.pem
			issuer https://other.example
			signed
			algs ES256 PS256
			cache 5m
		}
	}`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(g.Introspect)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"endpoint":"https://as.legacy.example/introspect","client_id":"gate","secret":"{env.LEGACY_SECRET}","cache":0,"trust_audience":true},` +
		`{"endpoint":"https://other.example/introspect","client_id":"gate","key_file":"/etc/gate.pem","issuer":"https://other.example",` +
		`"signed":true,"algs":["ES256","PS256"],"cache":300000000000}]`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

// TestMust083_FaultsShowNoSecret of what is written, or of what that stands for.
func TestMust083_FaultsShowNoSecret(t *testing.T) {
	t.Setenv("LEGACY_SECRET", "canary-5f1c")
	t.Setenv("NO_KEY", "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n")
	const begin = "introspect https://a.example/i {\n client_id gate\n "
	for text, want := range map[string]string{
		"introspect https://a.example/i":                                 "client_id: is missing",
		begin + "}":                                                      "secret: is missing",
		begin + "secret {env.NOT_SET_AT_ALL}\n}":                         "secret: {env.NOT_SET_AT_ALL} is not set",
		begin + "secret {env.LEGACY_SECRET}\n key /x\n}":                 "key: ",
		begin + "secret {env.LEGACY_SECRET}\n cache 2h\n}":               "cache: 2h0m0s",
		begin + "secret {env.LEGACY_SECRET}\n signed\n}":                 "signed: needs issuer",
		begin + "secret {env.LEGACY_SECRET}\n issuer a\n}":               "issuer: ",
		begin + "key {env.NO_KEY}\n issuer https://a.example\n}":         "key: keys: it is neither",
		begin + "key {env.LEGACY_SECRET}\n issuer https://a.example\n}":  "key: {env.LEGACY_SECRET} is neither a private key nor the name of a file",
		begin + "key /does/not/exist\n issuer https://a.example\n}":      "no such file",
		"introspect http://a.example {\n client_id g\n secret canary\n}": "introspect: is not an https URL",
		begin + "secret x\n}\n" + begin + "secret x\n}":                  "introspect https://a.example/i: stands twice",
	} {
		_, err := provisioned(t, text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"secret canary1 canary2": "after 'secret'",
		"secret":                 "after 'secret'",
		"client_id":              "after 'client_id'",
		"cache soon":             "after 'cache'",
		"signed yes":             "after 'signed'",
		"secret canary {\n a\n}": "after 'secret'",
	} {
		if _, err := unmarshal("openid_guard {\n introspect https://a {\n" + text + "\n}\n}"); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestAGuardThatAsksElsewhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gate.json")
	if err := os.WriteFile(file, []byte(someKey), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GATE_KEY", someKey)
	for _, text := range []string{
		"secret hush", "secret hush\n cache 0", "key " + file + "\n issuer https://a.example", "key {file." + file + "}\n issuer https://a.example",
		"key {env.GATE_KEY}\n issuer https://a.example\n signed\n algs ES256",
	} {
		g, err := provisioned(t, "introspect https://a.example/i {\n client_id gate\n "+text+"\n}\nscopes a")
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		r, _ := request("GET", "/", bearer("a,b"))
		var up upstream
		if status, _ := serve(g, r, &up); status != 400 || up.hits.Load() != 0 {
			t.Errorf("%s: status %d", text, status)
		}
	}
}
