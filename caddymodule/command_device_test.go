package caddymodule

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// screen is what the command says to the person, while it still runs.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (m *screen) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.text.Write(p)
}

func (m *screen) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.text.String()
}

// await waits until the terminal shows what matches.
func (m *screen) await(t *testing.T, what *regexp.Regexp) string {
	t.Helper()
	for range 1_000 {
		if found := what.FindString(m.String()); found != "" {
			return found
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("no %s: %s", what, m)
	return ""
}

// bring is a person who opens the address with the code elsewhere, signs in and presses a button.
func (h *house) bring(t *testing.T, address, decision string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Transport: h.server.Client().Transport, Jar: jar, Timeout: 10 * time.Second}
	code := address[strings.LastIndex(address, "=")+1:]
	page, err := visit(t.Context(), browser, http.MethodGet, address, nil)
	for _, answer := range []url.Values{{"username": {"diana"}, "password": {"krall"}}, {"user_code": {code}}, {"decision": {decision}}} {
		if err != nil {
			t.Fatal(err)
		}
		action, sealed := formAction.FindStringSubmatch(page), hiddenField.FindStringSubmatch(page)
		if action == nil || sealed == nil {
			t.Fatalf("no form on the page: %s", page)
		}
		answer.Set("interaction", sealed[1])
		page, err = visit(t.Context(), browser, http.MethodPost, action[1], answer)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestLoginOfAMachineWithoutABrowser(t *testing.T) {
	h := newHouse(t)
	login, out, _ := h.login()
	messages := new(screen)
	login.client, login.device, login.messages = "box", true, messages
	login.scope = "openid offline_access api:read"
	login.open = func(context.Context, string) error { t.Error("a browser was opened"); return nil }
	ended := make(chan error, 1)
	go func() { ended <- login.run(t.Context()) }()
	address := messages.await(t, regexp.MustCompile(`https://\S+/device\?user_code=[A-Z]{4}-[A-Z]{4}`))
	code := address[strings.LastIndex(address, "=")+1:]
	if !strings.Contains(messages.String(), "    "+code+"\n") || !strings.Contains(messages.String(), "    "+h.server.URL+"/device\n") {
		t.Errorf("%s", messages)
	}
	h.bring(t, address, "allow")
	if err := <-ended; err != nil {
		t.Fatalf("%v\n%s", err, messages)
	}
	var got struct {
		Answer  tokenAnswer `json:"answer"`
		IDToken struct {
			Claims struct{ Iss, Sub, Aud, Sid string }
		} `json:"id_token"`
		AccessToken struct{ Claims struct{ Sub, Scope string } } `json:"access_token"`
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got.Answer.AccessToken == "" || !strings.Contains(out.String(), `"refresh_token": "grt_`) || got.IDToken.Claims.Aud != "box" ||
		got.IDToken.Claims.Sid == "" || got.AccessToken.Claims.Sub != got.IDToken.Claims.Sub {
		t.Errorf("%s", out)
	}
	if strings.Contains(messages.String(), got.Answer.AccessToken) || strings.Contains(messages.String()+out.String(), "gdc_") {
		t.Error("a secret went astray")
	}
}

// stranger is a provider that answers devices as a test wants.
func stranger(t *testing.T, begin, token string, status int) *terminalLogin {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		device := ""
		if begin != "" {
			device = fmt.Sprintf(`,"device_authorization_endpoint":"%s/begin"`, server.URL)
		}
		_, _ = fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":"%[2]s/a","token_endpoint":"%[2]s/token","jwks_uri":"%[2]s/jwks"%[3]s}`, server.URL, server.URL, device)
	})
	mux.HandleFunc("/begin", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(begin))
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(token))
	})
	return &terminalLogin{
		issuer: server.URL, client: "box", scope: "openid", timeout: 3 * time.Second, device: true,
		out: new(bytes.Buffer), messages: new(bytes.Buffer),
	}
}

func TestLoginOfADeviceFailsWithAReason(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	const begun = `{"device_code":"d","user_code":"BBBB-CCCC","verification_uri":"https://id.example/device","expires_in":600,"interval":1}`
	for name, at := range map[string]struct {
		begin, token string
		status       int
		want         string
	}{
		"no such endpoint": {"", "", 200, "no device authorization endpoint"},
		"refused":          {`{"error":"unauthorized_client","error_description":"no \u001b[2J"}`, "", 400, `"unauthorized_client": "no \x1b[2J" (Bad Request); the client needs the grant type device_code`},
		"not JSON":         {"<html>", "", 502, "Bad Gateway"},
		"not JSON, 200":    {"<html>", "", 200, "not what RFC 8628 says"},
		"no code":          {`{"device_code":"d"}`, "", 200, "lacks a code"},
		"denied":           {begun, `{"error":"access_denied"}`, 200, "the person said no"},
		"expired":          {begun, `{"error":"expired_token"}`, 200, "expired"},
		"its time is over": {strings.Replace(begun, "600", "1", 1), `{"error":"authorization_pending"}`, 200, "expired"},
		"nobody answers":   {begun, `{"error":"authorization_pending"}`, 200, "nobody answered within 3s"},
		"another refusal":  {begun, `{"error":"invalid_grant","error_description":"x"}`, 200, "invalid_grant: x"},
	} {
		t.Run(name, func(t *testing.T) {
			err := stranger(t, at.begin, at.token, at.status).run(t.Context())
			if err == nil || !strings.Contains(err.Error(), at.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

// A code may live for longer than the command waits, and the other way round.
func TestItSaysHowLongItWaits(t *testing.T) {
	for name, at := range map[string]struct {
		timeout, code time.Duration
		want          string
	}{
		"the command ends first": {5 * time.Minute, 10 * time.Minute, "Waiting for 5m0s at most."},
		"the code ends first":    {10 * time.Minute, 2 * time.Minute, "Waiting for 2m0s at most."},
		"the code has no end":    {3 * time.Minute, 0, "Waiting for 3m0s at most."},
	} {
		synctest.Test(t, func(t *testing.T) { // where no time passes by itself
			ctx, cancel := context.WithTimeout(t.Context(), at.timeout)
			defer cancel()
			begun := &oauth2.DeviceAuthResponse{VerificationURI: "https://id.example/device", UserCode: "BBBB-CCCC"}
			if at.code != 0 {
				begun.Expiry = time.Now().Add(at.code)
			}
			messages := new(bytes.Buffer)
			if err := (&terminalLogin{messages: messages}).showCode(ctx, begun); err != nil || !strings.Contains(messages.String(), at.want) {
				t.Errorf("%s: %v\n%s", name, err, messages)
			}
		})
	}
}

// What a provider sends is shown in a terminal, where escapes can move the cursor and hide what stands there.
func TestACodeIsShownAsText(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	login := stranger(t, `{"device_code":"d","user_code":"B\u001b[1A","verification_uri":"https://id.example/\u202e","verification_uri_complete":"https://x\u0007","expires_in":1,"interval":1}`,
		`{"error":"access_denied"}`, 200)
	if err := login.run(t.Context()); err == nil {
		t.Fatal("no error")
	}
	if shown := login.messages.(*bytes.Buffer).String(); strings.ContainsAny(shown, "\x1b\u202e\x07") || !strings.Contains(shown, `"B\x1b[1A"`) {
		t.Errorf("%q", shown)
	}
}
