package flow

import (
	"net/http"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

func TestMust054_OnlyWhoServesATokenSeesIt(t *testing.T) {
	h := shared(t)
	got := h.issue(t, "web", "scope", "openid profile api:read offline_access", "prompt", "consent")
	want := h.post(t, "other", "/introspect", "token", "no token of anybody's")
	if want.StatusCode != http.StatusOK || want.Text != inactive {
		t.Fatalf("%s %q", want.Status, want.Text)
	}
	id, private := h.service(t, "worker", "scope", "vault:open"), "resource at the vault"
	for name, ask := range map[string]struct{ client, token string }{
		"another client's access token":                  {"other", got.Access},
		"another client's refresh token":                 {"other", got.Refresh},
		"a refresh token, by who introspects the API":    {"gate", got.Refresh},
		"a token for a resource that one does not serve": {"gate", id.Access},
		"an ID token": {"web", got.ID},
		"a service, about a token of somebody else's":        {"worker", got.Access},
		"a token with one character changed":                 {"web", flip(got.Access)},
		"a token cut short":                                  {"web", got.Access[:len(got.Access)-1]},
		"a token with something behind it (" + private + ")": {"web", got.Access + "A"},
	} {
		answer := h.post(t, ask.client, "/introspect", "token", ask.token)
		if answer.StatusCode != want.StatusCode || answer.Text != want.Text || answer.Header.Get("Content-Type") != want.Header.Get("Content-Type") ||
			answer.ContentLength != want.ContentLength || len(answer.Header) != len(want.Header) {
			t.Errorf("%s: %s %q %v", name, answer.Status, answer.Text, answer.Header)
		}
	}

	for _, client := range []string{"web", "gate"} {
		told, text := h.introspect(t, client, got.Access)
		if told["active"] != true || told["iss"] != h.issuer || told["sub"] != "dikr0001" || told["client_id"] != "web" || told["username"] != user ||
			told["scope"] != "openid profile api:read offline_access" && told["scope"] != "openid profile api:read" || told["acr"] == nil || told["auth_time"] == nil {
			t.Errorf("%s sees %s", client, text)
		}
	}
	if told, text := h.introspect(t, "web", got.Refresh); told["active"] != true {
		t.Errorf("one's own refresh token: %s", text)
	}
	public := h.post(t, "cli", "/introspect", "token", got.Access)
	if public.StatusCode != http.StatusUnauthorized {
		t.Errorf("a public client: %s %s", public.Status, public.Text)
	}
}

// flip changes the character in the middle.
func flip(token string) string {
	changed, at := []byte(token), len(token)/2
	changed[at] ^= 1
	if changed[at] == '.' || token[at] == '.' {
		changed[at] = token[at]
		changed[at+1] ^= 1
	}
	return string(changed)
}

func TestMust056_RevocationBitesOnTheNextRequest(t *testing.T) {
	h := shared(t)
	// Each token was let through, and remembered, a moment ago.
	access := h.issue(t, "web", offline...)
	for _, client := range []string{"worker", "web"} {
		token := access.Access
		if client == "worker" {
			token = h.service(t, "worker", "scope", "api:read").Access
		}
		h.passes(t, token)
		if answer := h.post(t, client, "/revoke", "token", token, "token_type_hint", "refresh_token"); answer.StatusCode != http.StatusOK {
			t.Fatalf("%s %s", answer.Status, answer.Text)
		}
		h.refuses(t, token)
		h.dead(t, "gate", token)
	}
	// An access token goes alone; its refresh token takes the whole grant along.
	next := h.refresh(t, "web", access.Refresh)
	h.passes(t, next.Access)
	if answer := h.post(t, "web", "/revoke", "token", next.Refresh); answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s", answer.Status, answer.Text)
	}
	h.refuses(t, next.Access)

	opaque := h.service(t, "worker", "scope", "vault:open").Access
	if told, text := h.introspect(t, "worker", opaque); told["active"] != true {
		t.Fatal(text)
	}
	h.post(t, "worker", "/revoke", "token", opaque)
	if _, text := h.introspect(t, "worker", opaque); text != inactive {
		t.Errorf("a revoked opaque token: %s", text)
	}
}

func TestMust057_RevokingWhatIsNotOnesOwn(t *testing.T) {
	h := shared(t)
	got := h.issue(t, "web", offline...)
	for _, token := range []string{got.Access, got.Refresh} {
		if answer := h.post(t, "other", "/revoke", "token", token); answer.StatusCode != http.StatusBadRequest {
			t.Errorf("another client's token: %s %s", answer.Status, answer.Text)
		}
	}
	h.passes(t, got.Access)
	for _, unknown := range []string{"nothing", "grt_nothing", "gat_nothing", "a.b.c"} {
		if answer := h.post(t, "web", "/revoke", "token", unknown); answer.StatusCode != http.StatusOK || answer.Text != "" {
			t.Errorf("%q: %s %s", unknown, answer.Status, answer.Text)
		}
	}
	public := h.issue(t, "cli", "scope", "api:read")
	if answer := h.post(t, "cli", "/revoke", "token", public.Refresh); answer.StatusCode != http.StatusOK {
		t.Errorf("a public client's own token: %s %s", answer.Status, answer.Text)
	}
	h.refuses(t, public.Access)
}

func TestThreat059_NothingButAnAccessTokenIsOne(t *testing.T) {
	h := shared(t)
	code, _ := h.code(t, "web", "scope", "openid api:read")
	got := h.issue(t, "web", offline...)
	for name, token := range map[string]string{"code": code, "refresh token": got.Refresh, "ID token": got.ID, "client secret": secrets["modern"]} {
		t.Run(name, func(t *testing.T) {
			h.refuses(t, token)
			if answer := harness.Get(t, h.back, h.issuer+"/userinfo", "Authorization", "Bearer "+token); answer.StatusCode != http.StatusUnauthorized {
				t.Errorf("userinfo: %s", answer.Status)
			}
		})
	}
	h.passes(t, got.Access)
}
