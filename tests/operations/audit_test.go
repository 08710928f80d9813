package operations

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// TestTheTrailTellsEverythingInOrder walks through what there is, and reads the log.
func TestTheTrailTellsEverythingInOrder(t *testing.T) {
	t.Parallel()
	c, house := started(t, func(h *harness.House) {
		h.Provider = registers + `
			client asks {
				auth none
				redirect_uris https://asks.example/callback
				scopes openid profile
			}`
	})
	client, browser := c.Client(t), c.Client(t)
	wrongPassword(t, c, house, harness.Person)
	wrongPassword(t, c, house, "canary-of-a-name")

	asks := house.Party(client, "asks")
	asks.Secret, asks.RedirectURI = "", "https://asks.example/callback"
	address, verifier := asks.AuthorizationURL("scope", "openid profile")
	given := harness.SignIn(t, browser, address, harness.Person, harness.Password) // and allows it
	location, err := given.Location()
	if err != nil {
		t.Fatal(given.Status, err)
	}
	code := harness.Code{Value: location.Query().Get("code"), Verifier: verifier}
	first, err := asks.Redeem(code)
	if err != nil || first.AccessToken == "" {
		t.Fatal(first, err)
	}
	again, err := asks.Redeem(code)
	if err != nil || again.Error != "invalid_grant" {
		t.Fatal(again, err)
	}
	service, err := house.Service(client).ForItself("scope", harness.HouseScope)
	if err != nil {
		t.Fatal(err)
	}
	if reply, err := house.Service(client).Revoke(service.AccessToken); err != nil || reply.Status != http.StatusOK {
		t.Fatal(reply, err)
	}
	registered, err := harness.Read(client.Post(house.Issuer()+"/register", "application/json",
		strings.NewReader(`{"redirect_uris":["https://new.example/cb"]}`)))
	if err != nil || registered.Status != http.StatusCreated {
		t.Fatal(registered, err)
	}
	if reply, err := harness.Read(http.Post(c.Admin+"/openid/main/keys/rotate", "", nil)); err != nil || reply.Status != http.StatusOK {
		t.Fatal(reply, err)
	}
	out := harness.Get(t, browser, house.Issuer()+"/end_session")
	harness.Submit(t, browser, harness.FormOf(t, out))

	records := trail(t, c)
	var got []map[string]any
	for _, record := range records {
		if record["level"] != "info" || record["provider"] != "main" {
			t.Errorf("%v", record)
		}
		kept := without(record)
		delete(kept, "provider")
		if id, _ := kept["client_id"].(string); kept["msg"] == "client_registered" && id != "" {
			kept["client_id"] = "new"
		}
		got = append(got, kept)
	}
	key := func(alg string) map[string]any { return map[string]any{"msg": "key_rotated", "alg": alg} }
	list := func(words ...any) []any { return words }
	want := []map[string]any{
		key("ES256"), key("RS256"),
		{"msg": "sign_in_refused", "account": "diana", "reason": "wrong", "error": "access_denied"},
		{"msg": "sign_in_refused", "reason": "wrong", "error": "access_denied"},
		{"msg": "sign_in", "account": "diana", "acr": "pwd"},
		{"msg": "consent", "account": "diana", "client_id": "asks", "scopes": list("openid", "profile"), "audience": list(house.Issuer())},
		{
			"msg": "token_issued", "account": "diana", "client_id": "asks", "grant_type": "authorization_code",
			"scopes": list("openid", "profile"), "audience": list(house.Issuer()),
		},
		{"msg": "grant_revoked", "account": "diana", "client_id": "asks", "reason": "replayed"},
		{
			"msg": "token_refused", "client_id": "asks", "grant_type": "authorization_code", "error": "invalid_grant",
			"reason": "code is not valid",
		},
		{
			"msg": "token_issued", "client_id": "service", "grant_type": "client_credentials", "scopes": list(harness.HouseScope),
			"audience": list(harness.HouseAudience),
		},
		{"msg": "token_revoked", "client_id": "service", "reason": "asked"},
		{"msg": "client_registered", "client_id": "new"},
		key("ES256"), key("RS256"),
		{"msg": "logout", "account": "diana", "reason": "asked"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, record := range records {
		if name := record["msg"]; name != "key_rotated" && record["client_ip"] != "127.0.0.1" {
			t.Errorf("%s came from %v", name, record["client_ip"])
		}
	}
	wantNoSecrets(t, c, first.AccessToken, first.IDToken, service.AccessToken, code.Value, code.Verifier, harness.Password,
		harness.WebSecret, harness.ServiceSecret, "canary-of-a-password", "canary-of-a-name")
}

// wantNoSecrets looks for secrets in all that Caddy has written.
func wantNoSecrets(t *testing.T, c *harness.Caddy, secrets ...string) {
	t.Helper()
	log := c.Log(t)
	for _, secret := range secrets {
		if secret == "" {
			t.Error("a secret that is to be looked for is empty")
		} else if strings.Contains(log, secret) {
			t.Errorf("%.6s… is in the log", secret)
		}
	}
}

// TestEventsAreCaddys: with its log turned up, Caddy's own events app tells of each event it was given.
func TestEventsAreCaddys(t *testing.T) {
	t.Parallel()
	c, house := started(t, func(h *harness.House) {
		h.Global = "log events {\nlevel DEBUG\ninclude events\n}"
	})
	tokens, err := house.Tokens(c.Client(t), house.SignedIn(t, c))
	if err != nil {
		t.Fatal(err)
	}
	log := c.Log(t)
	for _, name := range []string{"openid_key_rotated", "openid_sign_in", "openid_token_issued"} {
		var told string
		for line := range strings.Lines(log) {
			if strings.Contains(line, `"name":"`+name+`"`) {
				told = line
			}
		}
		if !strings.Contains(told, `"origin":"openid_provider"`) || !strings.Contains(told, `"provider":"main"`) {
			t.Errorf("%s: %q", name, told)
		}
	}
	wantNoSecrets(t, c, tokens.AccessToken, tokens.RefreshToken, tokens.IDToken)
}
