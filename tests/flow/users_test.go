package flow

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

type fileUser struct {
	Name     string         `json:"name"`
	Password string         `json:"password"`
	Sub      string         `json:"sub,omitempty"`
	Disabled bool           `json:"disabled,omitempty"`
	Claims   map[string]any `json:"claims,omitempty"`
}

// writeUsers replaces a users file as an editor does, all at once.
func writeUsers(t testing.TB, path string, users ...fileUser) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"users": users})
	if err == nil {
		err = os.WriteFile(path+".new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits for something that takes the look at a file, which is due once a second.
func eventually(t testing.TB, what string, true func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !true(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: never", what)
		}
	}
}

func TestThreat020_WhoIsDisabledInTheUsersFileLosesEverything(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.json")
	babs := fileUser{Name: "babs", Password: hash(t, "howes"), Claims: map[string]any{"email": "babs@example.com"}}
	writeUsers(t, path, babs)
	h := build(t, plan{provider: "\t\tusers file " + path})
	address, verifier := h.authorization("web", offline...)
	got := h.redeem(t, "web", heard(t, harness.SignIn(t, h.web, address, "babs", "howes")).Get("code"), verifier)
	h.passes(t, got.Access)
	sub := h.up.last(t).Header.Get("X-User-Id")
	if sub == "" || sub == "babs" {
		t.Errorf("a derived sub is %q", sub)
	}

	// Another claim is seen as soon as the file is read again.
	babs.Claims["email"] = "barbara@example.com"
	writeUsers(t, path, babs)
	eventually(t, "a changed claim", func() bool {
		h.passes(t, got.Access)
		return h.up.last(t).Header.Get("X-Email") == "barbara@example.com"
	})
	if now := h.up.last(t).Header.Get("X-User-Id"); now != sub {
		t.Errorf("sub changed from %q to %q", sub, now)
	}

	// A broken file keeps what was read before.
	if err := os.WriteFile(path, []byte(`{"users":[`), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the complaint about a broken file", func() bool {
		h.passes(t, got.Access)
		return strings.Contains(h.Log(t), filepath.Base(path))
	})

	babs.Disabled = true
	writeUsers(t, path, babs)
	eventually(t, "the token of a disabled user dies", func() bool { return h.call(t, "/orders", got.Access).StatusCode == http.StatusUnauthorized })
	h.family(t, got)
	address, _ = h.authorization("web", "scope", "openid", "prompt", "none")
	if answer := heard(t, harness.Get(t, h.web, address)); answer.Get("error") != "login_required" {
		t.Errorf("the session of a disabled user: %v", answer)
	}
	page := h.login(t, h.Client(t), "babs", "howes")
	if page.StatusCode != http.StatusOK || !strings.Contains(page.Text, "password") {
		t.Errorf("a disabled user signs in: %s %s", page.Status, page.Text)
	}
}

// login answers the login page once and returns the next one.
func (h *house) login(t testing.TB, browser *http.Client, name, password string) harness.Answer {
	t.Helper()
	page := harness.Get(t, browser, h.issuer+"/login?prompt=login")
	return harness.Submit(t, browser, harness.FormOf(t, page), "username", name, "password", password)
}

func TestThreat103_GuessesBeyondTheLimitAreNotJudged(t *testing.T) {
	t.Parallel()
	p := plan{provider: "\t\tlogin {\n\t\t\tthrottle 3 15m\n\t\t}\n\t\tuser babs {\n\t\t\tpassword " + dianaHash + "\n\t\t}"}
	h := build(t, p)
	for i, name := range []string{"diana", "DIANA", "ｄｉａｎａ"} { // one person, however it is spelled
		if page := h.login(t, h.Client(t), name, "a guess"); page.StatusCode != http.StatusOK {
			t.Fatalf("guess %d: %s", i+1, page.Status)
		}
	}
	refused := func(when string) {
		t.Helper()
		for _, guess := range []string{"another guess", password} {
			page := h.login(t, h.Client(t), "diana", guess)
			if page.StatusCode != http.StatusTooManyRequests || page.Header.Get("Retry-After") == "" || page.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %s %v", when, page.Status, page.Header)
			}
		}
	}
	refused("beyond the limit")
	h.reload(t, p)
	refused("after a reload of the same")
	p.provider += "\n\t\tclient one_more {\n\t\t\tauth none\n\t\t\tredirect_uris " + callback + "\n\t\t}"
	h.reload(t, p)
	refused("after a reload of another")
	if page := h.login(t, h.Client(t), "babs", password); page.StatusCode != http.StatusSeeOther {
		t.Errorf("somebody else from the same network: %s", page.Status)
	}
}

func TestThreat102_UnknownAndWrongLookTheSame(t *testing.T) {
	h := shared(t)
	known, unknown := h.login(t, h.Client(t), "diana", "wrong"), h.login(t, h.Client(t), "nobody", "wrong")
	strip := func(page harness.Answer, name string) string {
		text := strings.ReplaceAll(page.Text, name, "NAME")
		return strings.ReplaceAll(text, harness.FormOf(t, page).Fields.Get("interaction"), "SEALED")
	}
	if known.StatusCode != unknown.StatusCode || strip(known, "diana") != strip(unknown, "nobody") {
		t.Errorf("%s\n%s\n%s\n%s", known.Status, known.Text, unknown.Status, unknown.Text)
	}
}
