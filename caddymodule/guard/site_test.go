package guard

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op"
)

func get(target, extra string) string {
	return "GET " + target + " HTTP/1.1\nHost: api.example.com\nConnection: close\n" + extra + "\n"
}

func TestRefusalsGoThroughErrorRoutes(t *testing.T) {
	address := runSite(t, diana(), "", `
	openid_guard {
		audience `+testAudience+`
		scopes orders:read
	}
	respond "hello {http.auth.user.id} of {http.auth.user.account} by {http.auth.client.id}"
	handle_errors {
		respond "{err.status_code} {err.message} [{header.Authorization}]" {err.status_code}
	}`)
	for name, test := range map[string]struct {
		message   string
		status    int
		body      string
		challenge bool
	}{
		"no token":  {get("/orders", ""), 401, "401 a bearer token is needed []", true},
		"bad token": {get("/orders", "Authorization: Bearer nobody\n"), 401, "401 invalid_token []", true},
		"path":      {get("/a;b", "Authorization: Bearer good\n"), 400, "400 ambiguous request []", false},
		"person":    {get("/orders", "Authorization: Bearer good\n"), 200, "hello diana of diana-account by web", false},
		"client":    {get("/orders", "Authorization: Bearer service\n"), 200, "hello  of  by billing", false},
	} {
		response := raw(t, address, test.message)
		if body := bodyOf(t, response); response.StatusCode != test.status || body != test.body {
			t.Errorf("%s: %d %q", name, response.StatusCode, body)
		}
		if (response.Header.Get("Www-Authenticate") != "") != test.challenge {
			t.Errorf("%s: %v", name, response.Header)
		}
	}
}

func TestThePathAfterRewritesIsJudged(t *testing.T) {
	up := newProxied(t, nil)
	address := runSite(t, diana(), "", `
	uri strip_prefix /api
	rewrite /alias /health
	rewrite /open/admin /admin
	openid_guard {
		audience `+testAudience+`
		public /health /open/*
	}
	reverse_proxy `+up.address())
	for target, want := range map[string]struct {
		status    int
		forwarded string
	}{
		"/api/health": {200, "/health"}, "/alias": {200, "/health"}, "/health": {200, "/health"}, "/open/x": {200, "/open/x"},
		"/open/admin": {401, ""}, "/api/open/x": {200, "/open/x"}, "/api/admin": {401, ""}, "/%61pi/health": {200, "/health"},
		// Caddy's own rewriter cleans what it strips; what it forwards is what was judged.
		"/api//health": {200, "/health"}, "/api/%2e%2e/health": {200, "/health"}, "/api//admin": {401, ""}, "/api;x/health": {400, ""},
	} {
		response := raw(t, address, get(target, ""))
		got := up.take()
		if response.StatusCode != want.status {
			t.Errorf("%s: status %d", target, response.StatusCode)
		}
		if (len(got) == 1) != (want.forwarded != "") || len(got) == 1 && got[0].uri != want.forwarded {
			t.Errorf("%s: upstream saw %v", target, got)
		}
	}
}

func TestThreat078_ProxiedClaimsAreVerbatim(t *testing.T) {
	t.Setenv("GUARD_SECRET", "leaked")
	provider := newFakeProvider()
	token := person("diana")
	token.Claims["name"] = "{env.GUARD_SECRET}\r\nX-Admin: yes é"
	provider.give("good", token)
	up := newProxied(t, nil)
	address := runSite(t, provider, "", `
	openid_guard {
		audience `+testAudience+`
		header X-Name name
	}
	reverse_proxy `+up.address()+` {
		header_up X-Copy {header.X-Name}
	}`)
	raw(t, address, get("/orders", "Authorization: Bearer good\n"))
	got := up.take()
	if len(got) != 1 {
		t.Fatalf("%d hits", len(got))
	}
	want := "UTF-8''%7Benv.GUARD_SECRET%7D%0D%0AX-Admin%3A%20yes%20%C3%A9"
	if got[0].header.Get("X-Name") != want || got[0].header.Get("X-Copy") != want || got[0].header.Get("X-Admin") != "" {
		t.Errorf("%v", got[0].header)
	}
}

func TestMust080_ProxiedAnswers(t *testing.T) {
	address, _ := guardedProxy(t, diana(), "", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("cached") {
			w.Header().Set("Cache-Control", "max-age=60")
			w.Header().Set("Vary", "Accept")
		}
	})
	for target, want := range map[string][2]string{"/orders": {"private", "Authorization"}, "/orders?cached": {"max-age=60", "Accept, Authorization"}} {
		header := raw(t, address, get(target, "Authorization: Bearer good\n")).Header
		if got := [2]string{strings.Join(header["Cache-Control"], ", "), strings.Join(header["Vary"], ", ")}; got != want {
			t.Errorf("%s: %v", target, got)
		}
	}
}

func TestThreat117_NoSecretInTheLogs(t *testing.T) {
	const canary = "canary0123456789"
	file := filepath.Join(t.TempDir(), "log")
	provider := newFakeProvider()
	provider.give(canary+"good", person("diana"))
	up := newProxied(t, nil)
	address := runSite(t, provider, "log verbose {\n level DEBUG\n output file "+file+"\n}", `
	log
	openid_guard {
		audience `+testAudience+`
		header X-Sub sub
	}
	reverse_proxy `+up.address())
	for _, credentials := range []string{
		"Authorization: Bearer " + canary + "good\n", "Authorization: Bearer " + canary + "bad\n", "Authorization: Bearer " + canary + ",bad\n",
		"Authorization: Bearer " + canary + "\nAuthorization: Bearer " + canary + "\n", "Cookie: " + testCookie + "=" + canary + "\n",
	} {
		raw(t, address, get("/orders", credentials))
	}
	provider.ask = panicWith(canary)
	if response := raw(t, address, get("/orders", "Authorization: Bearer "+canary+"\n")); response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("panic: %d", response.StatusCode)
	}
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(written), canary) {
		for line := range strings.Lines(string(written)) {
			if strings.Contains(line, canary) {
				t.Errorf("logged: %s", line)
			}
		}
	}
	if !strings.Contains(string(written), "request refused") || !strings.Contains(string(written), "panic with a string") {
		t.Error("refusals are not logged")
	}
}

func panicWith(value any) func(context.Context, string) (*op.Token, error) {
	return func(context.Context, string) (*op.Token, error) { panic(value) }
}
