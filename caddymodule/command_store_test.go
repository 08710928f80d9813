package caddymodule

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// configuredAs is a configuration in JSON with these providers.
func configuredAs(t *testing.T, providers map[string]any) []byte {
	t.Helper()
	config, err := json.Marshal(map[string]any{"apps": map[string]any{appName: map[string]any{"providers": providers}}})
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func TestTheStoreIsFoundInTheConfiguration(t *testing.T) {
	data := realPath(t, t.TempDir())
	t.Setenv("XDG_DATA_HOME", data)
	t.Setenv("KEY", strings.Repeat("ab", keyLength))
	one := map[string]any{"issuer": "https://one.example", "keys": map[string]any{"encryption_key": "{env.KEY}"}}
	two := map[string]any{"issuer": "https://two.example", "storage": map[string]any{"driver": "memory"}}
	both := configuredAs(t, map[string]any{"one": one, "two": two})
	for name, test := range map[string]struct {
		config           []byte
		asked            string
		issuer, path, in string
	}{
		"the only one":  {configuredAs(t, map[string]any{"one": one}), "", "https://one.example", filepath.Join(data, "caddy", "openid", "one.db"), driverSQLite},
		"one by name":   {both, "one", "https://one.example", filepath.Join(data, "caddy", "openid", "one.db"), driverSQLite},
		"one in memory": {both, "two", "https://two.example", "", driverMemory},
	} {
		got, err := storeIn(test.config, test.asked)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.issuer != test.issuer || got.location.Path != test.path || got.location.Driver != test.in {
			t.Errorf("%s: got %+v", name, got)
		}
		if (test.in == driverSQLite) != (len(got.location.EncryptionKey) == keyLength) {
			t.Errorf("%s: the encryption key has %d bytes", name, len(got.location.EncryptionKey))
		}
	}
	for name, test := range map[string]struct {
		config      []byte
		asked, says string
	}{
		"several":                        {both, "", "one, two"},
		"another":                        {both, "three", "one, two"},
		"none":                           {configuredAs(t, nil), "", "--config"},
		"no app":                         {[]byte(`{}`), "", "--config"},
		"no JSON":                        {[]byte(`{`), "", "not understood"},
		"a null provider has no issuer":  {configuredAs(t, map[string]any{"x": nil}), "y", "x"},
		"a storage that nobody has made": {configuredAs(t, map[string]any{"x": map[string]any{"storage": map[string]any{"driver": "stone"}}}), "", "stone"},
		"an encryption key that is gone": {configuredAs(t, map[string]any{"x": map[string]any{"keys": map[string]any{"encryption_key": "{env.GONE}"}}}), "", "encryption_key"},
	} {
		if got, err := storeIn(test.config, test.asked); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
