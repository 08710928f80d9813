package flow

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

func TestMust008_FormPostCarriesTheSameAnswer(t *testing.T) {
	h := shared(t)
	address, verifier := h.authorization("web", "scope", "openid api:read", "response_mode", "form_post", "state", "", "state", `"><script>&é`)
	page := harness.SignIn(t, h.web, address, user, password)
	form := harness.FormOf(t, page)
	if page.StatusCode != http.StatusOK || form.Action != callback || form.Fields.Get("state") != `"><script>&é` || form.Fields.Get("iss") != h.issuer {
		t.Fatalf("%s %+v", page.Status, form)
	}
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action https://rp.example") || page.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", page.Header)
	}
	h.passes(t, h.redeem(t, "web", form.Fields.Get("code"), verifier).Access)

	address, _ = h.authorization("web", "scope", "openid", "response_mode", "form_post", "prompt", "none")
	form = harness.FormOf(t, harness.Get(t, h.Client(t), address))
	if form.Action != callback || form.Fields.Get("error") != "login_required" || form.Fields.Get("iss") != h.issuer {
		t.Errorf("an error by form_post: %+v", form)
	}
}

func TestMust010_PromptNoneNeverShowsAPage(t *testing.T) {
	h := shared(t)
	silently := func(more ...string) url.Values {
		t.Helper()
		address, _ := h.authorization("web", append([]string{"scope", "openid", "prompt", "none"}, more...)...)
		return heard(t, harness.Get(t, h.web, address))
	}
	if got := silently(); got.Get("error") != "login_required" {
		t.Errorf("nobody is signed in: %v", got)
	}
	h.code(t, "modern", "scope", "openid") // signs diana in, without consent for web
	if got := silently(); got.Get("error") != "consent_required" {
		t.Errorf("no consent yet: %v", got)
	}
	h.code(t, "web", "scope", "openid")
	if got := silently(); got.Get("code") == "" || got.Get("iss") != h.issuer || !strings.HasPrefix(got.Get("state"), "state-") {
		t.Errorf("consent is remembered: %v", got)
	}
	if got := silently("scope", "", "scope", "openid email"); got.Get("error") != "consent_required" {
		t.Errorf("more than was consented: %v", got)
	}
	if got := silently("prompt", "", "prompt", "none login"); got.Get("error") != "invalid_request" {
		t.Errorf("none with another: %v", got)
	}
	if got := silently("id_token_hint", "no token at all"); got.Get("error") != "login_required" {
		t.Errorf("a hint that fits nobody: %v", got)
	}
}

func TestMust011_MaxAgeAndPromptLoginMoveAuthTime(t *testing.T) {
	h := shared(t)
	authTime := func(more ...string) int64 {
		t.Helper()
		said := claims(t, h.issue(t, "modern", append([]string{"scope", "openid"}, more...)...).ID)
		at, _ := said["auth_time"].(float64)
		return int64(at)
	}
	first := authTime()
	for deadline := time.Unix(first+1, 0); time.Now().Before(deadline); { // auth_time counts whole seconds
		time.Sleep(20 * time.Millisecond)
	}
	if again := authTime("max_age", "3600"); again != first {
		t.Errorf("a young session was asked again: %d, then %d", first, again)
	}
	for name, more := range map[string][]string{"max_age=0": {"max_age", "0"}, "prompt=login": {"prompt", "login"}} {
		if again := authTime(more...); again <= first {
			t.Errorf("%s: auth_time %d, then %d", name, first, again)
		}
	}
	address, _ := h.authorization("modern", "scope", "openid", "max_age", "0", "prompt", "none")
	if got := heard(t, harness.Get(t, h.web, address)); got.Get("error") != "login_required" {
		t.Errorf("max_age=0 with prompt=none: %v", got)
	}
}

func TestPlainOAuthNeedsNoOpenID(t *testing.T) {
	h := shared(t)
	got := h.issue(t, "cli", "scope", "api:read", "nonce", "")
	if got.ID != "" || got.Scope != "api:read" || got.Refresh == "" {
		t.Errorf("plain OAuth: %s", got.Text)
	}
	h.passes(t, got.Access)
	answer := harness.Get(t, h.back, h.issuer+"/userinfo", "Authorization", "Bearer "+got.Access)
	if answer.StatusCode != http.StatusForbidden || !strings.Contains(answer.Header.Get("WWW-Authenticate"), `error="insufficient_scope"`) {
		t.Errorf("userinfo without openid: %s %v", answer.Status, answer.Header)
	}
	if next := h.refresh(t, "cli", got.Refresh); next.Status != http.StatusOK || next.ID != "" || next.Scope != "api:read" {
		t.Errorf("refresh of plain OAuth: %s", next.Text)
	}
}

func TestARequestWithoutScopeIsLegal(t *testing.T) {
	h := shared(t)
	withResource := h.issue(t, "cli", "resource", h.api)
	if withResource.Scope != "api:read" || withResource.ID != "" {
		t.Errorf("the default scopes of the resource: %s", withResource.Text)
	}
	h.passes(t, withResource.Access)
	without := h.issue(t, "cli")
	if without.Scope != "" || without.ID != "" {
		t.Errorf("neither scope nor resource: %s", without.Text)
	}
	h.refuses(t, without.Access)
}

func TestMust039_ResourceIndicatorsDecideTheAudience(t *testing.T) {
	h := shared(t)
	answer, _ := h.ask(t, h.web, "web", "scope", "openid", "resource", "https://elsewhere.example")
	if answer.Get("error") != "invalid_target" || answer.Get("iss") != h.issuer {
		t.Errorf("an unknown resource: %v", answer)
	}
	answer, _ = h.ask(t, h.web, "cli", "scope", "openid", "resource", vault)
	if answer.Get("error") != "invalid_target" {
		t.Errorf("a resource that is not open to the client: %v", answer)
	}

	code, verifier := h.code(t, "web", "scope", "openid api:read vault:open offline_access", "prompt", "consent", "resource", h.api, "resource", vault)
	both := h.redeem(t, "web", code, verifier)
	if told, text := h.introspect(t, "web", both.Access); len(told["aud"].([]any)) != 2 || both.Scope != "openid api:read vault:open offline_access" {
		t.Errorf("both resources: %s %s", both.Text, text)
	}
	h.passes(t, both.Access)

	// A refresh may name one of them, for this token alone, and none that was not granted.
	one := h.refresh(t, "web", both.Refresh, "resource", vault)
	if told, text := h.introspect(t, "web", one.Access); one.Status != http.StatusOK || told["aud"].([]any)[0] != vault || strings.Contains(one.Scope, "api:read") {
		t.Errorf("one of two: %s %s", one.Text, text)
	}
	h.refuses(t, one.Access)
	if got := h.refresh(t, "web", one.Refresh, "resource", "https://elsewhere.example"); got.Status != http.StatusBadRequest || got.Error != "invalid_target" {
		t.Errorf("a resource that was not granted: %s", got.Text)
	}
	back := h.refresh(t, "web", one.Refresh)
	h.passes(t, back.Access)

	for _, resource := range []string{"https://elsewhere.example", "no-uri", h.api + "#fragment"} {
		if got := h.token(t, "worker", "grant_type", "client_credentials", "resource", resource); got.Status != http.StatusBadRequest || got.Error != "invalid_target" {
			t.Errorf("client_credentials for %q: %d %s", resource, got.Status, got.Text)
		}
	}
}

func TestServicesGetTokensOfBothKinds(t *testing.T) {
	h := shared(t)
	jwt := h.service(t, "worker", "scope", "api:read")
	said := claims(t, jwt.Access)
	if said["iss"] != h.issuer || said["sub"] != "worker" || said["client_id"] != "worker" || said["aud"] != h.api || said["scope"] != "api:read" {
		t.Errorf("RFC 9068 token %v", said)
	}
	h.passes(t, jwt.Access)
	at := h.up.last(t)
	if at.Header.Get("X-Client-Id") != "worker" || at.Header.Get("X-Scope") != "api:read" || at.Header.Values("X-User-Id") != nil || at.Header.Values("X-Email") != nil {
		t.Errorf("the upstream got %v", at.Header)
	}

	opaque := h.service(t, "worker", "scope", "vault:open")
	if strings.Contains(opaque.Access, ".") || opaque.Scope != "vault:open" {
		t.Errorf("opaque token %s", opaque.Text)
	}
	told, text := h.introspect(t, "worker", opaque.Access)
	if told["active"] != true || told["sub"] != "worker" || told["username"] != nil || told["token_type"] != "Bearer" {
		t.Errorf("introspection %s", text)
	}
	h.refuses(t, opaque.Access) // it is meant for another audience

	for _, scope := range []string{"openid", "offline_access", "api:write", "api:read nonsense"} {
		if got := h.token(t, "worker", "grant_type", "client_credentials", "scope", scope); got.Status != http.StatusBadRequest || got.Error != "invalid_scope" {
			t.Errorf("scope %q: %d %s", scope, got.Status, got.Text)
		}
	}
}
