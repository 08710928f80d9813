package registration

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/fetch"
)

// documents answers for addresses with what lies there, and counts.
type documents struct {
	at    map[string]string
	asked int
}

func (d *documents) Get(_ context.Context, address string) (fetch.Document, error) {
	d.asked++
	if text, found := d.at[address]; found {
		return fetch.Document{Body: []byte(text)}, nil
	}
	return fetch.Document{}, fmt.Errorf("read %s: %w", address, fetch.ErrURL)
}

// TestMust049_ASectorListsEveryRedirectURI: or whoever registers could join the sector of others.
func TestMust049_ASectorListsEveryRedirectURI(t *testing.T) {
	there := &documents{at: map[string]string{
		"https://sector.example/list":  `["https://other.example/cb","` + callback + `"]`,
		"https://sector.example/less":  `["https://other.example/cb"]`,
		"https://sector.example/mixed": `["` + callback + `",7]`,
	}}
	h := newHouse(t, func(h *house) { h.Fetch, h.Policy.Quota = there, 6 })
	body := func(uri string) string {
		return `{"redirect_uris":["` + callback + `"],"subject_type":"pairwise","sector_identifier_uri":"` + uri + `"}`
	}
	made := h.register(body("https://sector.example/list"))
	if c, err := h.registered(made.text("client_id")); err != nil || !c.Pairwise() {
		t.Errorf("%+v, %v", c, err)
	}
	for _, path := range []string{"less", "mixed", "nowhere"} {
		h.post(body("https://sector.example/"+path)).mustRefuse(t, http.StatusBadRequest, "invalid_client_metadata")
	}
	before := there.asked
	h.post(body("http://sector.example/list")).mustRefuse(t, http.StatusBadRequest, "invalid_client_metadata")
	if there.asked != before {
		t.Error("an address in the clear was read")
	}
	if len(h.rows()) != 1 {
		t.Error("a refused client was stored")
	}
	// One client cannot make the provider read without end: each reading counts as a registration.
	put := strings.Replace(body("https://sector.example/less"), "{", `{"client_id":"`+made.text("client_id")+`",`, 1)
	for range 2 {
		h.manage(http.MethodPut, made, put).mustRefuse(t, http.StatusBadRequest, "invalid_client_metadata")
	}
	before = there.asked
	h.manage(http.MethodPut, made, put).mustRefuse(t, http.StatusTooManyRequests, "temporarily_unavailable")
	if there.asked != before {
		t.Error("it was read beyond the quota")
	}
}

// TestMust053_OnlyPublicKeysInOnePlaceAreRegistered: private and symmetric members, and two places, are refused.
func TestMust053_OnlyPublicKeysInOnePlaceAreRegistered(t *testing.T) {
	h := newHouse(t)
	const public = `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"`
	body := func(more string) string { return `{"redirect_uris":["` + callback + `"],` + more + `}` }
	got := h.register(body(`"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[` + public + `}]}`))
	if got.body["client_secret"] != nil || got.body["jwks"] == nil {
		t.Errorf("%s", got.Body)
	}
	for name, more := range map[string]string{
		"private":      `"jwks":{"keys":[` + public + `,"d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}]}`,
		"symmetric":    `"jwks":{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}`,
		"no set":       `"jwks":[]`,
		"two places":   `"jwks_uri":"https://app.example/jwks","jwks":{"keys":[` + public + `}]}`,
		"in the clear": `"jwks_uri":"http://app.example/jwks"`,
		"none":         `"token_endpoint_auth_method":"private_key_jwt"`,
	} {
		t.Run(name, func(t *testing.T) { h.post(body(more)).mustRefuse(t, http.StatusBadRequest, "invalid_client_metadata") })
	}
}

// TestThreat052_ASecretThatIsAKeyIsSealed: clients that make or read HMACs need the secret itself kept.
func TestThreat052_ASecretThatIsAKeyIsSealed(t *testing.T) {
	h := newHouse(t)
	got := h.register(`{"redirect_uris":["` + callback + `"],"token_endpoint_auth_method":"client_secret_jwt","token_endpoint_auth_signing_alg":"HS512"}`)
	row := h.rows()[got.text("client_id")]
	if strings.Contains(row, got.text("client_secret")) || !strings.Contains(row, "sealed_secret") {
		t.Errorf("at rest: %s", row)
	}
	c, err := h.registered(got.text("client_id"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, kept := c.Secrets[0].Plain(); !kept || plain != got.text("client_secret") {
		t.Error("the secret cannot be had back")
	}
	// From a digest there is no way back, but a client may show what it has.
	plain := h.register(simple)
	update := `{"client_id":"` + plain.text("client_id") + `","client_secret":"` + plain.text("client_secret") + `","redirect_uris":["` + callback + `"],"token_endpoint_auth_method":"client_secret_jwt"}`
	if sealed := h.manage(http.MethodPut, plain, update); sealed.Code != http.StatusOK || sealed.body["client_secret"] != nil {
		t.Errorf("%d %s", sealed.Code, sealed.Body)
	}
}
