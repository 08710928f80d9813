package clients

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

// shown is what the application in python/rp.py shows of a sign-in or a refresh.
type shown struct {
	Error        string         `json:"error"`
	State        string         `json:"state"`
	Issuer       string         `json:"issuer"`
	Registered   map[string]any `json:"registered"`
	IDToken      map[string]any `json:"id_token"`
	UserInfo     map[string]any `json:"userinfo"`
	Introspected map[string]any `json:"introspected"`
	New          bool           `json:"new"`
	Scope        []string       `json:"scope"`
}

// startApplication runs python/rp.py behind the application's site until the test ends.
func (w *world) startApplication(t *testing.T, method string, pkce bool) {
	t.Helper()
	environment, err := python()
	if err != nil {
		t.Fatal(err)
	}
	settings, err := json.Marshal(map[string]any{
		"base": w.application, "port": w.port, "authority": w.RootFile(), "method": method, "pkce": pkce,
	})
	if err != nil {
		t.Fatal(err)
	}
	program := exec.Command(filepath.Join(environment, "bin", "python"), filepath.Join(sources("python"), "rp.py"), string(settings))
	program.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	program.Dir = t.TempDir()
	var said bytes.Buffer
	program.Stdout, program.Stderr = &said, &said
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = program.Process.Kill()
		_ = program.Wait()
		if t.Failed() {
			t.Logf("the application said:\n%s", said.String())
		}
	})
	reachPort(t, w.port)
}

// result reads what the application shows once the browser is there.
func result(b *chromium.Tab) shown {
	b.T.Helper()
	b.Title("Result")
	text := chromium.Eval[string](b, `document.getElementById("result").textContent`)
	var seen shown
	if err := json.Unmarshal([]byte(text), &seen); err != nil || seen.Error != "" {
		b.T.Fatalf("%v: the application shows %s%s", err, seen.Error, text)
	}
	return seen
}

// A person types who they are, and the application, which knew nothing of the provider, ends up knowing
// the person: WebFinger, discovery, registration, login, consent, userinfo; then refresh and introspection.
func TestAPersonsIdentifierIsEnoughForIdpyOIDC(t *testing.T) {
	t.Parallel()
	for _, journey := range []struct {
		method string
		pkce   bool
		// identifier is what the person types, with %s for the provider's host and port.
		identifier string
	}{
		{"client_secret_basic", false, "diana@%s"},
		{"private_key_jwt", true, "acct:diana@%s"},
	} {
		t.Run(journey.method, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.startApplication(t, journey.method, journey.pkce)
			b := chromium.NewTab(t)
			b.Open(w.application + "/")
			b.Fill("#who", fmt.Sprintf(journey.identifier, strings.TrimPrefix(w.issuer, "https://")))
			b.Press("button")
			b.Wait(`document.title === "Sign in · Gatehouse" || document.title === "Result"`)
			if chromium.Eval[string](b, `document.title`) == "Result" {
				result(b) // says why nobody is asked to sign in
			}
			b.Login(harness.Person, harness.Password)
			b.Wait(`document.querySelector("button[value=allow]")`)
			b.Press("button[value=allow]")
			w.judgeJourney(t, b, journey.method)
		})
	}
}

func (w *world) judgeJourney(t *testing.T, b *chromium.Tab, method string) {
	t.Helper()
	seen := result(b)
	id, _ := seen.Registered["client_id"].(string)
	if seen.Issuer != w.issuer || id == "" || seen.Registered["token_endpoint_auth_method"] != method {
		t.Errorf("the application registered as %v at %s", seen.Registered, seen.Issuer)
	}
	address, _ := seen.UserInfo["address"].(map[string]any)
	if seen.UserInfo["sub"] != "dikr0001" || seen.UserInfo["name"] != "Diana Krall" || seen.UserInfo["email"] != "diana@example.org" ||
		seen.UserInfo["phone_number"] != "+46 90 7865000" || address["locality"] != "Umeå" {
		t.Errorf("the application learnt %v", seen.UserInfo)
	}
	if seen.IDToken["sub"] != "dikr0001" || seen.IDToken["iss"] != w.issuer || seen.IDToken["auth_time"] == nil {
		t.Errorf("the ID token says %v", seen.IDToken)
	}
	if seen.Introspected["active"] != true || seen.Introspected["client_id"] != id {
		t.Errorf("introspection says %v", seen.Introspected)
	}

	b.Open(w.application + "/refresh?state=" + seen.State)
	again := result(b)
	if !again.New || again.UserInfo["email"] != "diana@example.org" || again.Introspected["active"] != true {
		t.Errorf("after the refresh: %+v", again)
	}
}
