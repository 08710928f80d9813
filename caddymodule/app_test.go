package caddymodule

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/standard"
	"github.com/google/go-cmp/cmp"
)

// site is a Caddy in this process with one provider on plain http, which loopback allows.
type site struct {
	address string
	state   string
}

func newSite(t *testing.T) *site {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Error(err)
		}
	})
	return &site{address: address, state: filepath.Join(t.TempDir(), "state.db")}
}

// load loads a configuration; edit changes it first.
func (s *site) load(t *testing.T, edit func(provider map[string]any)) error {
	t.Helper()
	provider := map[string]any{
		"issuer":  "http://" + s.address,
		"storage": map[string]any{"driver": "sqlite", "path": s.state},
	}
	if edit != nil {
		edit(provider)
	}
	config, err := json.Marshal(map[string]any{
		"admin": map[string]any{"disabled": true, "config": map[string]any{"persist": false}},
		"apps": map[string]any{
			"openid_provider": map[string]any{"providers": map[string]any{"main": provider}},
			"http": map[string]any{"servers": map[string]any{"site": map[string]any{
				"listen":          []string{s.address},
				"automatic_https": map[string]any{"disable": true},
				"routes": []any{map[string]any{"handle": []any{
					map[string]any{"handler": "openid_provider"},
					map[string]any{"handler": "static_response", "body": "the site"},
				}}},
			}}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return caddy.Load(config, true)
}

func (s *site) get(t *testing.T, path string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	// A connection of its own: one of the old configuration may be closing.
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	for range 3 {
		// Caddy closes the old listener in the background, and the kernel may still give it a connection.
		if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
			break
		}
		response, err = client.Do(request)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", response.StatusCode, body)
}

func TestMust082_KeysOutliveAReload(t *testing.T) {
	s := newSite(t)
	if err := s.load(t, nil); err != nil {
		t.Fatal(err)
	}
	before := s.get(t, "/jwks")
	if !strings.HasPrefix(before, "200 ") {
		t.Fatal(before)
	}
	if err := s.load(t, func(provider map[string]any) { provider["pkce"] = "all" }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, s.get(t, "/jwks")); diff != "" {
		t.Errorf("JWKS after the reload:\n%s", diff)
	}
	if n, _ := states.References(realPath(t, s.state)); n != 1 {
		t.Errorf("%d shares, want 1", n)
	}
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	if n, _ := states.References(realPath(t, s.state)); n != 0 {
		t.Errorf("%d shares after the stop, want 0", n)
	}
	// The file is free for the next process, and holds the same keys.
	if err := s.load(t, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, s.get(t, "/jwks")); diff != "" {
		t.Errorf("JWKS after the restart:\n%s", diff)
	}
}

func TestMust082_BrokenConfigurationLeavesTheOldOneServing(t *testing.T) {
	s := newSite(t)
	if err := s.load(t, nil); err != nil {
		t.Fatal(err)
	}
	before := s.get(t, "/jwks")
	blocked := filepath.Join(t.TempDir(), "blocked")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string]func(provider map[string]any){
		"faults": func(provider map[string]any) { provider["issuer"] = "ftp://id.example.com" },
		"a store that cannot open": func(provider map[string]any) {
			provider["storage"] = map[string]any{"path": filepath.Join(blocked, "x.db")}
		},
		"an unknown field": func(provider map[string]any) { provider["registration"] = "off" },
	} {
		if err := s.load(t, edit); err == nil {
			t.Errorf("%s: was loaded", name)
		}
		if diff := cmp.Diff(before, s.get(t, "/jwks")); diff != "" {
			t.Errorf("%s: JWKS changed:\n%s", name, diff)
		}
		if got := s.get(t, "/"); got != "200 the site" {
			t.Errorf("%s: %s", name, got)
		}
		if n, _ := states.References(realPath(t, s.state)); n != 1 {
			t.Errorf("%s: %d shares, want 1", name, n)
		}
	}
}

func TestProvidersAreFoundByName(t *testing.T) {
	two := &App{instances: map[string]*instance{"main": {}, "staff": {}}}
	one := &App{instances: map[string]*instance{"main": {}}}
	for _, test := range []struct {
		app   *App
		name  string
		fault string
	}{
		{one, "", ""},
		{one, "main", ""},
		{two, "staff", ""},
		{one, "staff", "there is main"},
		{two, "people", "there is main, staff"},
		{two, "", "name one of them: main, staff"},
	} {
		got, err := test.app.OpenIDProvider(test.name)
		switch {
		case test.fault == "" && (err != nil || got == nil):
			t.Errorf("%q: %v", test.name, err)
		case test.fault != "" && (got != nil || err == nil || !strings.Contains(err.Error(), test.fault)):
			t.Errorf("%q: %v, %v", test.name, got, err)
		}
	}
}
