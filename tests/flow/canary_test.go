package flow

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// canaries are the secrets of one journey, by what they are.
type canaries map[string]string

// keep remembers a secret that the journey came upon.
func (c canaries) keep(t testing.TB, what, secret string) {
	t.Helper()
	if len(secret) < 12 {
		t.Fatalf("%s is no secret that can be looked for: %q", what, secret)
	}
	c[what] = secret
}

// search looks for every secret, in the spellings it might be written in, and reports each find.
func (c canaries) search(t *testing.T, where string, text []byte) {
	t.Helper()
	for what, secret := range c {
		for _, spelling := range []string{
			secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
			hex.EncodeToString([]byte(secret)),
		} {
			if bytes.Contains(text, []byte(spelling)) {
				t.Errorf("%s is in %s", what, where)
				break
			}
		}
	}
}

// files searches everything that this Caddy has written: its log, its data with the database and what
// goes with it, the autosaved configuration.
func (c canaries) files(t *testing.T, dir string, want ...string) {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		c.search(t, path, text)
		for _, suffix := range want {
			found[suffix] = found[suffix] || strings.HasSuffix(path, suffix) && len(text) > 0
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, suffix := range want {
		if !found[suffix] {
			t.Errorf("there was no %s to search", suffix)
		}
	}
}

// The access log is that of Caddyfile.example; all else is logged at DEBUG.
const talkative = `
	log {
		format filter {
			request>uri regexp \?.* ?REDACTED
			request>headers>Referer delete
			resp_headers>Location delete
			resp_headers>Refresh delete
		}
	}`

func TestThreat117_NoSecretIsWrittenAnywhere(t *testing.T) {
	t.Parallel()
	seen := canaries{}
	kek := bytes.Repeat([]byte("canary-of-kek!!!"), 2)
	seen.keep(t, "the key-encryption key", string(kek))
	seen.keep(t, "the key-encryption key as configured", base64.StdEncoding.EncodeToString(kek))
	h := build(t, plan{
		global: "\tdebug\n\tmetrics", provider: "\t\tkeys {\n\t\t\tencryption_key {env.KEK}\n\t\t}", guard: "\t}\n\tlog {\n\t\tformat json",
		idSite: talkative, env: []string{"KEK=" + base64.StdEncoding.EncodeToString(kek)},
	})
	seen.keep(t, "the password", password)
	for id, secret := range secrets {
		seen.keep(t, "the secret of "+id, secret)
	}
	got := h.canaryJourney(t, seen)
	h.canaryFaults(t, seen, got)

	for _, address := range []string{h.Admin + "/config/", h.Admin + "/openid/", h.Admin + "/metrics", h.Admin + "/debug/vars", h.Admin + "/debug/pprof/cmdline"} {
		answer := harness.Get(t, http.DefaultClient, address)
		if answer.StatusCode != http.StatusOK || answer.Text == "" {
			t.Errorf("%s: %s", address, answer.Status)
		}
		seen.search(t, address, []byte(answer.Text))
	}
	seen.files(t, h.Dir, "caddy.log", "autosave.json", "main.db", "main.db-wal")
	if log := h.Log(t); !strings.Contains(log, `"level":"debug"`) || !strings.Contains(log, `"logger":"http.log.access`) || !strings.Contains(log, `"msg":"request refused"`) {
		t.Error("the log was not as talkative as this test wants it")
	}
	h.Stop(t)
	seen.files(t, h.Dir, "main.db")
}

// canaryJourney is the whole job, with all that must stay secret kept on the way.
func (h *house) canaryJourney(t *testing.T, seen canaries) tokens {
	t.Helper()
	state := "canary-state-5f2c9d"
	address, verifier := h.authorization("web", "scope", "openid email api:read offline_access", "prompt", "consent", "state", "", "state", state)
	seen.keep(t, "state", state)
	seen.keep(t, "the code_verifier", verifier)
	page := harness.Get(t, h.web, address)
	seen.keep(t, "the request sealed in the login page", harness.FormOf(t, page).Fields.Get("interaction"))
	wrong := harness.Submit(t, h.web, harness.FormOf(t, page), "username", user, "password", "canary-wrong-password")
	seen.keep(t, "a wrong password", "canary-wrong-password")
	after := harness.Submit(t, h.web, harness.FormOf(t, wrong), "username", user, "password", password)
	location, err := after.Location()
	if err != nil {
		t.Fatal(err)
	}
	seen.keep(t, "the request sealed in a redirect", location.Query().Get("interaction"))
	consent := harness.Get(t, h.web, location.String())
	seen.keep(t, "the request sealed in the consent page", harness.FormOf(t, consent).Fields.Get("interaction"))
	code := heard(t, harness.Submit(t, h.web, harness.FormOf(t, consent), "decision", "allow")).Get("code")
	seen.keep(t, "the code", code)

	home, err := url.Parse(h.issuer)
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range h.web.Jar.Cookies(home) {
		seen.keep(t, "the cookie "+cookie.Name, cookie.Value)
		if _, secret, ok := strings.Cut(cookie.Value, "."); ok {
			seen.keep(t, "the secret in the cookie "+cookie.Name, secret)
		}
	}
	first := h.redeem(t, "web", code, verifier)
	second := h.refresh(t, "web", first.Refresh)
	service, opaque := h.service(t, "worker", "scope", "api:read"), h.service(t, "worker", "scope", "vault:open")
	for what, token := range map[string]string{
		"an access token": first.Access, "a refresh token": first.Refresh, "an ID token": first.ID, "a second access token": second.Access,
		"a second refresh token": second.Refresh, "a second ID token": second.ID, "a service's token": service.Access, "an opaque token": opaque.Access,
	} {
		seen.keep(t, what, token)
		if at := strings.LastIndexByte(token, '.'); at > 0 {
			seen.keep(t, "the signature of "+what, token[at+1:])
		}
	}
	h.passes(t, first.Access)
	h.introspect(t, "gate", second.Access)
	h.introspect(t, "web", second.Refresh)
	harness.Get(t, h.back, h.issuer+"/userinfo", "Authorization", "Bearer "+first.Access)
	return second
}

// canaryFaults shows the same secrets wherever they do not belong, so that errors tell them if any do.
func (h *house) canaryFaults(t *testing.T, seen canaries, got tokens) {
	t.Helper()
	refused := func(answer harness.Answer) {
		t.Helper()
		if answer.StatusCode < 400 {
			t.Errorf("%s %s: %s", answer.Request.Method, answer.Request.URL.Path, answer.Status)
		}
		seen.search(t, "the answer of "+answer.Request.URL.Path, []byte(answer.Text))
		for _, name := range []string{"Www-Authenticate", "Location", "Set-Cookie"} {
			seen.search(t, name+" of "+answer.Request.URL.Path, []byte(strings.Join(answer.Header[name], "\n")))
		}
	}
	refused(h.post(t, "web", "/token", "grant_type", "authorization_code", "code", seen["the code"], "code_verifier", seen["the code_verifier"], "redirect_uri", "https://evil.example"))
	refused(h.post(t, "other", "/token", "grant_type", "refresh_token", "refresh_token", got.Refresh))
	refused(h.post(t, "web", "/token", "grant_type", password))
	refused(h.post(t, "web", "/token", "grant_type", "client_credentials", "scope", secrets["web"]))
	refused(h.post(t, "web", "/token?client_secret="+url.QueryEscape(secrets["web"])))
	refused(harness.Post(t, h.back, h.issuer+"/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {"other"}, "client_secret": {secrets["web"]}}))
	refused(harness.Post(t, h.back, h.issuer+"/token", url.Values{"grant_type": {"client_credentials"}}, "Authorization", "Basic "+secrets["gate"]))
	refused(harness.Get(t, h.back, h.issuer+"/userinfo?access_token="+got.Access))
	refused(harness.Get(t, h.back, h.issuer+"/userinfo", "Authorization", "Bearer "+got.Refresh))
	refused(h.post(t, "other", "/revoke", "token", got.Refresh))
	refused(harness.Get(t, h.Client(t), h.issuer+"/authorize?interaction="+seen["the request sealed in a redirect"]))
	refused(h.call(t, "/orders", got.Refresh))
	refused(h.call(t, "/orders", got.ID))
	refused(h.call(t, "/orders", got.Access+" "+got.Access))
	refused(h.call(t, "/or;ders", got.Access, "Cookie", "__Host-gatehouse-main-session="+seen["a second refresh token"]))
	refused(h.call(t, "/orders", "", "Authorization", "Bearer "+got.Access, "Authorization", "Bearer "+got.Access))
}
