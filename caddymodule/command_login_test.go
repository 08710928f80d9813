package caddymodule

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// house is a provider behind TLS, and a person with a browser.
type house struct {
	server *httptest.Server
	caFile string
	browse func(ctx context.Context, url string) error
}

// newHouse opens a provider with the user diana (krall), the public client cli and the service svc
// (svc-secret).
func newHouse(t *testing.T) *house {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	t.Cleanup(server.Close)
	i := prepared(t, &Provider{
		Issuer:    server.URL,
		Storage:   &Storage{Driver: driverMemory},
		Resources: []*Resource{{URI: "https://api.example.com", Scopes: []string{"api:read"}}},
		Clients: []*Client{
			{ID: "cli", Auth: []string{"none"}, RedirectURIs: []string{"http://127.0.0.1/callback"}, Scopes: []string{"openid", "profile", "offline_access", "api:read"}},
			{ID: "box", Auth: []string{"none"}, GrantTypes: []string{"device_code", "refresh_token"}, Scopes: []string{"openid", "profile", "offline_access", "api:read"}},
			{ID: "svc", Secret: []Secret{"svc-secret"}, GrantTypes: []string{"client_credentials"}, Scopes: []string{"api:read"}, Introspect: []string{"https://api.example.com"}},
		},
		Users: []*User{{Name: "diana", Password: argon2idHash("krall"), Claims: map[string]any{"name": "Diana Krall"}}},
	})
	provider, err := i.begun()
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		endpoint, ours := provider.Handler(r)
		if !ours {
			http.NotFound(w, r)
			return
		}
		endpoint.ServeHTTP(w, r)
	})
	caFile := filepath.Join(t.TempDir(), "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(caFile, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	h := &house{server: server, caFile: caFile}
	h.browse = func(ctx context.Context, url string) error { return h.person(ctx, t, url) }
	return h
}

var (
	formAction  = regexp.MustCompile(`<form[^>]*action="([^"]+)"`)
	hiddenField = regexp.MustCompile(`name="interaction"[^>]*value="([^"]+)"`)
)

// person signs in as diana and allows what is asked, as a browser without scripts would.
func (h *house) person(ctx context.Context, t *testing.T, start string) error {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	browser := &http.Client{Transport: h.server.Client().Transport, Jar: jar, Timeout: 10 * time.Second}
	page, err := visit(ctx, browser, http.MethodGet, start, nil)
	for _, answer := range []url.Values{{"username": {"diana"}, "password": {"krall"}}, {"decision": {"allow"}}} {
		if err != nil {
			return err
		}
		action, sealed := formAction.FindStringSubmatch(page), hiddenField.FindStringSubmatch(page)
		if action == nil || sealed == nil {
			return errors.New("no form on the page: " + page)
		}
		target, err := url.Parse(h.server.URL)
		if err != nil {
			return err
		}
		answer.Set("interaction", sealed[1])
		if target, err = target.Parse(action[1]); err != nil {
			return err
		}
		if page, err = visit(ctx, browser, http.MethodPost, target.String(), answer); err != nil {
			return err
		}
	}
	if !strings.Contains(page, "You can close this window") {
		return errors.New("did not come back: " + page)
	}
	return nil
}

func visit(ctx context.Context, browser *http.Client, method, target string, form url.Values) (string, error) {
	request, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := browser.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

func (h *house) login() (*terminalLogin, *bytes.Buffer, *bytes.Buffer) {
	var out, messages bytes.Buffer
	return &terminalLogin{
		issuer: h.server.URL, client: "cli", scope: "openid profile api:read", resources: []string{"https://api.example.com"},
		caFile: h.caFile, timeout: 20 * time.Second, open: h.browse, out: &out, messages: &messages,
		readSecret: func(context.Context, string) (string, error) { return "svc-secret", nil },
	}, &out, &messages
}

func TestLoginPrintsTheTokens(t *testing.T) {
	h := newHouse(t)
	login, out, messages := h.login()
	login.introspectAs = "svc"
	if err := login.run(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, messages)
	}
	var got struct {
		Answer  tokenAnswer `json:"answer"`
		IDToken struct {
			Header struct{ Alg string }
			Claims struct{ Iss, Sub, Aud string }
		} `json:"id_token"`
		AccessToken struct {
			Header struct{ Typ string }
			Claims struct{ Iss, Sub, Scope string }
		} `json:"access_token"`
		Introspection struct {
			Active bool
			Sub    string
		} `json:"introspection"`
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	switch {
	case got.Answer.AccessToken == "", got.Answer.IDToken == "", got.Answer.TokenType != "Bearer", got.Answer.ExpiresIn != 3600:
		t.Errorf("answer: %s", out)
	case got.IDToken.Header.Alg != "RS256", got.IDToken.Claims.Iss != h.server.URL, got.IDToken.Claims.Aud != "cli", got.IDToken.Claims.Sub == "":
		t.Errorf("ID token: %s", out)
	case got.AccessToken.Header.Typ != "at+jwt", got.AccessToken.Claims.Sub != got.IDToken.Claims.Sub:
		t.Errorf("access token: %s", out)
	case !got.Introspection.Active, got.Introspection.Sub != got.IDToken.Claims.Sub:
		t.Errorf("introspection: %s", out)
	}
	if !strings.Contains(messages.String(), h.server.URL+"/authorize?") {
		t.Errorf("the URL is not printed: %s", messages)
	}
	// Threat 117: tokens go to standard output and nowhere else.
	if strings.Contains(messages.String(), got.Answer.AccessToken) || strings.Contains(out.String()+messages.String(), "svc-secret") {
		t.Error("a secret went astray")
	}
}

// OpenID Connect Core section 11: offline_access counts only with prompt=consent.
func TestLoginGetsTheRefreshTokenItAsksFor(t *testing.T) {
	h := newHouse(t)
	login, out, messages := h.login()
	login.scope, login.resources = "openid offline_access", nil
	if err := login.run(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, messages)
	}
	if !strings.Contains(out.String(), `"refresh_token": "grt_`) {
		t.Errorf("no refresh token: %s", out)
	}
}

func TestLoginTriesCaddysLocalRootOnLoopback(t *testing.T) {
	h := newHouse(t)
	certificate, err := os.ReadFile(h.caFile)
	if err != nil {
		t.Fatal(err)
	}
	login, _, _ := h.login()
	login.caFile = ""
	if err := login.run(t.Context()); err == nil {
		t.Fatal("a certificate nobody vouched for was trusted")
	}
	if err := os.MkdirAll(filepath.Dir(localRoot()), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(localRoot(), certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := login.run(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestLoginFailsWithAReason(t *testing.T) {
	h := newHouse(t)
	for name, test := range map[string]struct {
		edit func(*terminalLogin)
		want string
	}{
		"clear http to elsewhere": {func(l *terminalLogin) { l.issuer = "http://id.example.com" }, "https"},
		"no such file":            {func(l *terminalLogin) { l.caFile = "/certainly/not/there" }, "--cacert"},
		"no certificate": {func(l *terminalLogin) {
			l.caFile = filepath.Join(t.TempDir(), "empty")
			if err := os.WriteFile(l.caFile, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "no certificate"},
		"another issuer": {func(l *terminalLogin) { l.issuer += "/people" }, "discovery"},
		"no secret": {func(l *terminalLogin) {
			l.introspectAs = "svc"
			l.readSecret = func(context.Context, string) (string, error) { return "", errors.New("no secret today") }
		}, "no secret today"},
		"wrong secret": {func(l *terminalLogin) {
			l.introspectAs = "svc"
			l.readSecret = func(context.Context, string) (string, error) { return "wrong", nil }
		}, "introspection"},
	} {
		t.Run(name, func(t *testing.T) {
			login, _, _ := h.login()
			test.edit(login)
			err := login.run(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestLoginEndsWithItsContext(t *testing.T) {
	h := newHouse(t)
	login, _, _ := h.login()
	ctx, cancel := context.WithCancel(t.Context())
	login.open = func(context.Context, string) error { cancel(); return nil }
	if err := login.run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestBrowserThatDoesNotOpenIsNoFailure(t *testing.T) {
	var messages bytes.Buffer
	login := &terminalLogin{messages: &messages, open: func(context.Context, string) error { return errors.New("no display") }}
	if err := login.showURL(t.Context(), "https://id.example.com/authorize"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(messages.String(), "no display") || !strings.Contains(messages.String(), "https://id.example.com/authorize") {
		t.Errorf("got %s", &messages)
	}
}
