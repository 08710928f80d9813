package registration

import (
	"bytes"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// The registrations of the seed's relying party and of its successor, in meaning.
const (
	older = `{
		"application_type": "web", "response_types": ["code"], "grant_types": ["authorization_code"], "contacts": ["ops@example.com"],
		"token_endpoint_auth_method": "client_secret_basic",
		"redirect_uris": ["https://127.0.0.1:8090/authz_cb/flop", "https://127.0.0.1:8090/authz_im_cb/flop"],
		"post_logout_redirect_uris": ["https://127.0.0.1:8090/session_logout/flop"], "jwks_uri": "https://127.0.0.1:8090/static/jwks.json",
		"frontchannel_logout_uri": "https://127.0.0.1:8090/fc_logout/flop", "frontchannel_logout_session_required": true,
		"backchannel_logout_uri": "https://127.0.0.1:8090/bc_logout/flop"}`
	newer = `{
		"application_type": "web", "response_types": ["code"], "grant_types": ["authorization_code"], "contacts": ["ops@example.com"],
		"token_endpoint_auth_method": "client_secret_basic", "redirect_uris": ["https://127.0.0.1:8090/authz_cb/flop"],
		"subject_type": "public", "id_token_signed_response_alg": "RS256", "request_object_signing_alg": "RS256",
		"token_endpoint_auth_signing_alg": "RS256", "default_max_age": 86400,
		"response_modes": ["query", "form_post"], "encrypt_userinfo_supported": false, "encrypt_id_token_supported": false,
		"callback_uris": {"redirect_uris": {"query": ["https://127.0.0.1:8090/authz_cb/flop"]}}}`
	wholePerson = "openid profile email address phone"
)

// Who registers uses what comes back at once: login, userinfo, refresh, without PKCE too.
func TestRelyingPartiesRegisterAndSignPeopleIn(t *testing.T) {
	w := newWorld(t, "registration open")
	for name, body := range map[string]string{"older": older, "newer": newer} {
		t.Run(name, func(t *testing.T) {
			w := &world{Caddy: w.Caddy, t: t, house: w.house, dir: w.dir}
			rp := w.register(body)
			if redirects, _ := rp["redirect_uris"].([]any); len(redirects) == 0 || rp.text("registration_access_token") == "" || rp.text("registration_client_uri") == "" {
				t.Fatalf("the RP rejects %v", rp)
			}
			got := w.signIn(rp, "scope", wholePerson, "nonce", "a nonce", "code_challenge", "", "code_challenge_method", "")
			if got.IDToken == "" || got.RefreshToken != "" || got.Scope != wholePerson {
				t.Errorf("%s, scope %q", got, got.Scope)
			}
			if person := w.userinfo(got); person.Status != http.StatusOK || person.Subject == "" {
				t.Errorf("userinfo: %s", person.Body)
			}
			stays := w.signIn(rp, "scope", wholePerson+" offline_access", "prompt", "consent")
			if stays.RefreshToken == "" {
				t.Fatalf("%s: no refresh token", stays)
			}
			if again, err := w.party(rp).Refresh(stays.RefreshToken); err != nil || again.AccessToken == "" || again.IDToken == "" {
				t.Errorf("refresh: %v %v", again, err)
			}
			if told, err := w.party(rp).Introspect(stays.AccessToken); err != nil || !told.Active {
				t.Errorf("introspection by Basic: %v %v", told, err)
			}
		})
	}
}

// An MCP client: public, on the person's machine, for a resource that is open to all clients.
func TestAnMCPClientRegistersForAnOpenResource(t *testing.T) {
	w := newWorld(t, "registration open")
	mcp := w.register(`{"client_name":"MCP","redirect_uris":["http://127.0.0.1:33418/cb"],"token_endpoint_auth_method":"none",
		"grant_types":["authorization_code","refresh_token"],"response_types":["code"]}`)
	if mcp["client_secret"] != nil || mcp.text("application_type") != "native" {
		t.Fatalf("%v", mcp)
	}
	got := w.signIn(mcp, "scope", harness.HouseScope, "resource", harness.HouseAudience)
	if status := w.guarded(got); status != http.StatusOK {
		t.Errorf("the guard: %d", status)
	}
	if status, told := w.send(http.MethodPost, w.house.Issuer()+"/register", "", `{"redirect_uris":["http://evil.example/cb"]}`); status != http.StatusBadRequest || told.text("error") != "invalid_redirect_uri" {
		t.Errorf("%d %v", status, told)
	}
}

// TestMust051_RemovedClientsAreRefusedOnTheNextRequest: read, update, delete, from outside.
func TestMust051_RemovedClientsAreRefusedOnTheNextRequest(t *testing.T) {
	w := newWorld(t, "registration open")
	rp := w.register(older)
	tokens := w.signIn(rp, "scope", "openid offline_access "+harness.HouseScope, "resource", harness.HouseAudience, "prompt", "consent")
	if status := w.guarded(tokens); status != http.StatusOK {
		t.Fatalf("the guard: %d", status)
	}
	if status, read := w.manage(http.MethodGet, rp, ""); status != http.StatusOK || read["client_secret"] != nil || read.text("frontchannel_logout_uri") == "" {
		t.Errorf("read: %d %v", status, read)
	}
	status, changed := w.manage(http.MethodPut, rp, strings.Replace(older, `{`, `{"client_name":"Renamed","client_id":"`+rp.text("client_id")+`",`, 1))
	if status != http.StatusOK || changed.text("client_name") != "Renamed" {
		t.Fatalf("update: %d %v", status, changed)
	}
	if status, _ := w.manage(http.MethodGet, rp, ""); status != http.StatusUnauthorized {
		t.Errorf("the token before: %d", status)
	}
	if status := w.guarded(tokens); status != http.StatusOK {
		t.Errorf("after an update the guard: %d", status)
	}
	if status, told := w.manage(http.MethodDelete, changed, ""); status != http.StatusNoContent {
		t.Fatalf("delete: %d %v", status, told)
	}
	if status := w.guarded(tokens); status != http.StatusUnauthorized {
		t.Errorf("after it was removed the guard: %d", status)
	}
	if person := w.userinfo(tokens); person.Status != http.StatusUnauthorized {
		t.Errorf("userinfo: %d", person.Status)
	}
	if again, err := w.party(rp).Refresh(tokens.RefreshToken); err != nil || again.Error != "invalid_client" {
		t.Errorf("refresh: %v %v", again, err)
	}
	if status, _ := w.manage(http.MethodGet, changed, ""); status != http.StatusUnauthorized {
		t.Errorf("read after: %d", status)
	}
	page := harness.Get(t, w.Client(t), w.house.Issuer()+"/authorize?response_type=code&client_id="+rp.text("client_id")+"&redirect_uri=https://127.0.0.1:8090/authz_cb/flop")
	if page.StatusCode != http.StatusBadRequest || page.Header.Get("Location") != "" {
		t.Errorf("authorization: %s", page.Status)
	}
}

// TestThreat025_RegistrationsOutliveAKill: what was answered is there after a power cut, and a reload.
func TestThreat025_RegistrationsOutliveAKill(t *testing.T) {
	w := newWorld(t, "registration open")
	rp := w.register(newer)
	tokens := w.signIn(rp, "scope", "openid offline_access", "prompt", "consent")
	w.Kill(t)
	w.Caddy = w.house.Start(t, w.dir)
	if again, err := w.party(rp).Refresh(tokens.RefreshToken); err != nil || again.AccessToken == "" {
		t.Errorf("refresh: %v %v", again, err)
	}
	if status, read := w.manage(http.MethodGet, rp, ""); status != http.StatusOK || read["default_max_age"] != 86400.0 {
		t.Errorf("read: %d %v", status, read)
	}
	if err := w.Load(t, w.house.With(func(h *harness.House) { h.Provider = "" }).Options(), w.house.Sites()); err != nil {
		t.Fatal(err)
	}
	if answer := harness.Get(t, w.Client(t), w.house.Issuer()+"/register"); answer.Text != "elsewhere" {
		t.Errorf("turned off, registration answers %s", answer.Text)
	}
	if w.signIn(rp, "scope", "openid").IDToken == "" {
		t.Error("turning registration off ended a client")
	}
}

// TestMust048_QuotasHoldOverReloads: of one network, whatever the configuration is called.
func TestMust048_QuotasHoldOverReloads(t *testing.T) {
	const quota = "registration open {\nquota 2 1h\n}"
	w := newWorld(t, quota)
	w.register(older)
	w.register(older)
	if err := w.Load(t, w.house.With(func(h *harness.House) { h.Provider = quota + "\nwebfinger localhost example.com" }).Options(), w.house.Sites()); err != nil {
		t.Fatal(err)
	}
	if status, told := w.send(http.MethodPost, w.house.Issuer()+"/register", "", older); status != http.StatusTooManyRequests {
		t.Errorf("%d %v", status, told)
	}
}

// TestThreat052_NothingAtRestProvesAnything: neither database nor log nor autosave holds a secret of a client
// or what manages it, nor the initial access token.
func TestThreat052_NothingAtRestProvesAnything(t *testing.T) {
	w := newWorld(t, "registration open")
	rp := w.register(older)
	status, changed := w.manage(http.MethodPut, rp, strings.Replace(older, `{`, `{"client_id":"`+rp.text("client_id")+`",`, 1))
	if status != http.StatusOK {
		t.Fatalf("%d %v", status, changed)
	}
	w.signIn(rp, "scope", "openid")
	secrets := map[string]string{
		"the client secret": rp.text("client_secret"), "the first token": rp.text("registration_access_token"),
		"the second token": changed.text("registration_access_token"),
	}
	searched := 0
	err := filepath.WalkDir(w.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		searched++
		for what, secret := range secrets {
			if len(secret) < 40 || bytes.Contains(text, []byte(secret)) {
				t.Errorf("%s is in %s", what, path)
			}
		}
		return nil
	})
	if err != nil || searched < 3 {
		t.Errorf("%d files were searched: %v", searched, err)
	}
	if database, err := os.ReadFile(w.house.Store + "-wal"); err != nil || !bytes.Contains(database, []byte(rp.text("client_id"))) {
		t.Errorf("the client is not where this test looks: %v", err)
	}
}
