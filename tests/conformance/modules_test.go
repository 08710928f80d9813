package conformance

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// module is one of the conformance suite, by its name.
type module struct {
	name string
	run  func(t *testing.T, r *run)
	// needs is a part that the response type has to have, "" for none.
	needs string
}

// modules are those that the Basic, Implicit and Hybrid plans share, in the order of the Basic plan. Those that are
// about request objects are elsewhere.
var modules = []module{
	{"oidcc-server", server, ""},
	{"oidcc-response-type-missing", responseTypeMissing, ""},
	{"oidcc-idtoken-signature", idTokenSignature, ""},
	{"oidcc-userinfo-get", askUserinfo("oidcc-userinfo-get"), "access"},
	{"oidcc-userinfo-post-header", askUserinfo("oidcc-userinfo-post-header"), "access"},
	{"oidcc-userinfo-post-body", askUserinfo("oidcc-userinfo-post-body"), "access"},
	{"oidcc-ensure-request-without-nonce-succeeds-for-code-flow", withoutNonceSucceeds, "no front ID token"},
	{"oidcc-ensure-request-without-nonce-fails", withoutNonceFails, "id_token"},
	{"oidcc-scope-profile", askScopes("profile"), ""},
	{"oidcc-scope-email", askScopes("email"), ""},
	{"oidcc-scope-address", askScopes("address"), ""},
	{"oidcc-scope-phone", askScopes("phone"), ""},
	{"oidcc-scope-all", askScopes("profile", "email", "address", "phone"), ""},
	{"oidcc-ensure-other-scope-order-succeeds", succeeds("scope", "email openid"), ""},
	{"oidcc-display-page", succeeds("display", "page"), ""},
	{"oidcc-display-popup", succeeds("display", "popup"), ""},
	{"oidcc-prompt-login", promptLogin, ""},
	{"oidcc-prompt-none-not-logged-in", promptNoneNotLoggedIn, ""},
	{"oidcc-prompt-none-logged-in", promptNoneLoggedIn, ""},
	{"oidcc-max-age-1", maxAge1, ""},
	{"oidcc-max-age-10000", maxAge10000, ""},
	{"oidcc-ensure-request-with-unknown-parameter-succeeds", succeeds("extra", "foobar"), ""},
	{"oidcc-id-token-hint", idTokenHint, ""},
	{"oidcc-login-hint", loginHint, ""},
	{"oidcc-ui-locales", succeeds("ui_locales", "se"), ""},
	{"oidcc-claims-locales", succeeds("claims_locales", "se", "scope", "openid profile"), ""},
	{"oidcc-ensure-request-with-acr-values-succeeds", acrValues, ""},
	{"oidcc-codereuse", codeReuse, "code"},
	{"oidcc-ensure-registered-redirect-uri", unregisteredRedirectURI, ""},
	{"oidcc-ensure-post-request-succeeds", postRequest, ""},
	{"oidcc-server-client-secret-post", secretPost, "code"},
	{"oidcc-claims-essential", claimsEssential, ""},
	{"oidcc-refresh-token", refreshToken, "code"},
	{"oidcc-ensure-request-with-valid-pkce-succeeds", validPKCE, "code"},
}

func (m module) applies(r *run) bool {
	switch m.needs {
	case "access":
		return r.yields("code") || r.yields("token")
	case "no front ID token":
		return !r.yields("id_token")
	}
	return m.needs == "" || r.yields(m.needs)
}

// succeeds is a request with parameters that must not make it fail.
func succeeds(changes ...string) func(*testing.T, *run) {
	return func(t *testing.T, r *run) { r.finish(t, r.signIn(t, changes...)) }
}

func server(t *testing.T, r *run) {
	g := r.finish(t, r.signIn(t))
	if g.id().Nonce != nonce {
		t.Errorf("nonce %q", g.id().Nonce)
	}
}

// responseTypeMissing: nobody knows then where the client looks for an answer, so it stands in the query.
func responseTypeMissing(t *testing.T, r *run) {
	inQuery := *r
	inQuery.responseType = "code"
	refused(t, inQuery.silent(t, "response_type", ""), "invalid_request")
}

func idTokenSignature(t *testing.T, r *run) {
	g := r.finish(t, r.signIn(t)) // which verifies it with the keys at jwks_uri
	flipped := g.rawIDToken[:len(g.rawIDToken)-6] + strings.Map(func(c rune) rune {
		if c == 'A' {
			return 'B'
		}
		return 'A'
	}, g.rawIDToken[len(g.rawIDToken)-6:])
	refused(t, r.silent(t, "prompt", "none", "id_token_hint", flipped), "login_required")
}

func withoutNonceSucceeds(t *testing.T, r *run) {
	if g := r.finish(t, r.signIn(t, "nonce", "")); g.id().Nonce != "" {
		t.Errorf("nonce %q came from nowhere", g.id().Nonce)
	}
}

func withoutNonceFails(t *testing.T, r *run) {
	refused(t, r.silent(t, "nonce", ""), "invalid_request")
}

func unregisteredRedirectURI(t *testing.T, r *run) {
	for _, uri := range []string{callback + "/x", "https://rp.example/", "https://evil.example/callback", strings.ToUpper(callback)} {
		got := r.open(t, "redirect_uri", uri)
		if got.StatusCode != http.StatusBadRequest || got.Header.Get("Location") != "" || strings.Contains(got.Text, "evil.example") {
			t.Errorf("%s: %s, Location %q", uri, got.Status, got.Header.Get("Location"))
		}
	}
}

func codeReuse(t *testing.T, r *run) {
	g := r.finish(t, r.signIn(t))
	if reply := r.token(t, g.code); reply.Status != http.StatusBadRequest || reply.Error != "invalid_grant" {
		t.Errorf("the code again: %s", reply)
	}
	if got := ways["oidcc-userinfo-get"](t, r, g.access); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("what the code had bought: %s", got.Status)
	}
}

func postRequest(t *testing.T, r *run) {
	r.signIn(t)
	got := harness.Post(t, r.web, r.issuer+"/authorize", r.asking())
	for got.StatusCode == http.StatusSeeOther && strings.HasPrefix(got.Header.Get("Location"), r.issuer) {
		got = harness.Get(t, r.web, got.Header.Get("Location"))
	}
	r.finish(t, r.answer(t, got))
}

func secretPost(t *testing.T, r *run) {
	v := r.signIn(t)
	public := r.party()
	public.Secret = ""
	reply, err := public.Send("/token", "grant_type", "authorization_code", "code", v.Get("code"), "redirect_uri", callback, "client_secret", r.secret)
	if err != nil || reply.Status != http.StatusOK {
		t.Errorf("client_secret_post: %s, %v", reply, err)
	}
}

// anotherSecond lets times of whole seconds differ.
func anotherSecond() { time.Sleep(1100 * time.Millisecond) }
