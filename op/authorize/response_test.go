package authorize_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

const (
	every = "https://every.example.com/cb"
	asks  = "https://asks.example.com/cb"
)

// everyType is a house whose provider offers only code, with clients of the operator's own that use every
// response type: one is trusted without a consent page.
func everyType(h *house) {
	for id, redirect := range map[string]string{"every": every, "asks": asks} {
		h.clients = append(h.clients, &client.Client{
			ID: id, Name: id, Secrets: []client.Secret{client.PlainSecret("secret")}, RedirectURIs: []string{redirect},
			Scopes:        oauth.Scopes{"openid", "profile", "email", "offline_access", "orders:read"},
			ResponseTypes: oauth.ResponseTypes, IDToken: client.Protection{Alg: keys.ES256}, ConsentSkip: id == "every",
			GrantTypes: []string{oauth.GrantAuthorizationCode, oauth.GrantImplicit, oauth.GrantRefreshToken},
		})
	}
}

// in reads the answer out of the mode it came in.
func (r *reply) in(mode, redirectURI string) url.Values {
	r.t.Helper()
	switch mode {
	case "fragment":
		if strings.Contains(r.location(), "?") {
			r.t.Errorf("the query of %q is not empty", r.location())
		}
		return r.fragment(redirectURI)
	case "form_post":
		f := r.form()
		if f.action != redirectURI || r.status != http.StatusOK || r.location() != "" {
			r.t.Fatalf("got %d, form to %q", r.status, f.action)
		}
		return f.hidden
	}
	return r.answer(redirectURI)
}

// payload is that of a JWT. That its signature is right is for the tests of those who make it.
func payload(t *testing.T, jwt string) map[string]any {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", jwt)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(text, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// OAuth 2.0 Multiple Response Type Encoding Practices sections 3 to 5, OIDC Core sections 3.2.2.5 and 3.3.2.5: what
// each response type yields, in each mode that it has, and nothing besides.
func TestEveryResponseTypeInEveryMode(t *testing.T) {
	h := newHouse(t, everyType)
	b := h.signedIn("diana", "krall")
	token := []string{"access_token", "token_type", "expires_in", "scope"}
	for _, tt := range []struct {
		responseType, mode string
		yields             []string
	}{
		{"code", "query", []string{"code"}},
		{"none", "query", nil},
		{"id_token", "fragment", []string{"id_token"}},
		{"id_token token", "fragment", append([]string{"id_token"}, token...)},
		{"code id_token", "fragment", []string{"code", "id_token"}},
		{"code token", "fragment", append([]string{"code"}, token...)},
		{"code id_token token", "fragment", append([]string{"code", "id_token"}, token...)},
	} {
		parts := strings.Fields(tt.responseType)
		slices.Reverse(parts)
		for _, asked := range []string{"", "query", "fragment", "form_post"} {
			for _, spelling := range []string{tt.responseType, strings.Join(parts, " ")} {
				t.Run(spelling+" by "+asked, func(t *testing.T) {
					got := b.authorize(asking("every", every, "response_type="+spelling, "response_mode="+asked))
					got.t = t
					if got.status == http.StatusSeeOther && (got.header.Get("Referrer-Policy") != "no-referrer" || got.header.Get("Cache-Control") != "no-store") {
						t.Errorf("headers: %v", got.header)
					}
					if asked == "query" && tt.mode == "fragment" {
						got.wantErrorIn(got.in("fragment", every), "invalid_request")
						return
					}
					v := got.in(orDefault(asked, tt.mode), every)
					want := append([]string{"iss", "session_state", "state"}, tt.yields...)
					slices.Sort(want)
					if diff := cmp.Diff(want, sortedNames(v)); diff != "" {
						t.Errorf("the answer has (-want +got):\n%s", diff)
					}
					if v.Get("iss") != issuer || v.Get("state") != "st" {
						t.Errorf("iss %q, state %q", v.Get("iss"), v.Get("state"))
					}
					if v.Has("access_token") && (v.Get("token_type") != "Bearer" || v.Get("expires_in") != "3600" || v.Get("scope") != "openid profile") {
						t.Errorf("answer = %v", v)
					}
				})
			}
		}
	}
}

func orDefault(asked, mode string) string {
	if asked == "" {
		return mode
	}
	return asked
}

func sortedNames(v url.Values) []string {
	var names []string
	for name := range v {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// OIDC Core sections 3.2.2.10, 3.2.2.11 and 3.3.2.11: the ID token of the authorization endpoint.
func TestMust034_HashesInTheIDTokenOfTheAuthorizationEndpoint(t *testing.T) {
	h := newHouse(t, everyType)
	b := h.signedIn("diana", "krall")
	for _, responseType := range []string{"id_token", "id_token token", "code id_token", "code id_token token"} {
		v := b.authorize(asking("every", every, "response_type="+responseType, "scope=openid profile orders:read", "nonce=once")).fragment(every)
		claims := payload(t, v.Get("id_token"))
		for name, of := range map[string]string{"at_hash": v.Get("access_token"), "c_hash": v.Get("code")} {
			want, err := keys.HalfHash(keys.ES256, of)
			if err != nil {
				t.Fatal(err)
			}
			got, has := claims[name]
			if has != (of != "") || has && got != want {
				t.Errorf("%s: %s is %v, want %s of %q", responseType, name, got, want, of)
			}
		}
		if claims["iss"] != issuer || claims["aud"] != "every" || claims["nonce"] != "once" || claims["acr"] != "pwd" || claims["sid"] == nil || claims["auth_time"] == nil || claims["sub"] == nil {
			t.Errorf("%s: %v", responseType, claims)
		}
		// With response_type=id_token alone there is no other way to the claims of the scopes (section 5.4).
		if _, told := claims["name"]; told != (responseType == "id_token") {
			t.Errorf("%s: name is %v", responseType, claims["name"])
		}
		if v.Has("code") {
			g := h.granted(v.Get("code"))
			if g.Subject != claims["sub"] || float64(g.AuthTime.Unix()) != claims["auth_time"] || g.SID != claims["sid"] {
				t.Errorf("%s: the code leads to another: %+v, %v", responseType, g, claims)
			}
		}
	}
}

// OIDC Core sections 3.2.2.1 and 3.3.2.11: the nonce is required where an ID token comes through the browser.
func TestNonceIsRequiredWithAnIDToken(t *testing.T) {
	h := newHouse(t, everyType)
	b := h.signedIn("diana", "krall")
	for _, responseType := range oauth.ResponseTypes {
		got := b.authorize(asking("every", every, "response_type="+responseType, "nonce="))
		v := got.in(oauth.DefaultResponseMode(responseType), every)
		if needed := oauth.Yields(responseType, "id_token"); v.Has("error") != needed || needed && v.Get("error") != "invalid_request" {
			t.Errorf("%s without a nonce: %v", responseType, v)
		}
	}
}

// RFC 9700 section 2.1.1: whatever else comes with it, the code of a public client is bound to its verifier.
func TestMust005_PKCEForEveryCode(t *testing.T) {
	h := newHouse(t, everyType, func(h *house) {
		h.clients[1].ResponseTypes = oauth.ResponseTypes
		h.clients[1].IDToken.Alg = keys.ES256
	})
	const redirect = "https://spa.example.com/cb"
	b := h.signedIn("diana", "krall")
	for _, responseType := range oauth.ResponseTypes {
		got := b.authorize(asking("spa", redirect, "response_type="+responseType, "code_challenge=", "code_challenge_method="))
		if !oauth.Yields(responseType, "code") {
			got.wantPage("consent")
			continue
		}
		got.wantErrorIn(got.in(oauth.DefaultResponseMode(responseType), redirect), "invalid_request")
	}
	page := b.authorize(asking("spa", redirect, "response_type=code id_token"))
	code, err := h.grants.Code(t.Context(), b.decide(page, "allow").fragment(redirect).Get("code"))
	if err != nil || code.Challenge != challenge || code.Nonce != "n" || code.RedirectURI != redirect {
		t.Errorf("code %+v, %v", code, err)
	}
}

// RFC 9700 section 2.1.2: nothing but code unless somebody names it, and never a bare token.
func TestMust007_OnlyCodeUnlessMoreIsAllowed(t *testing.T) {
	h := newHouse(t, everyType)
	b := h.signedIn("diana", "krall")
	for _, responseType := range oauth.ResponseTypes[1:] {
		got := b.authorize(asking("own", own, "response_type="+responseType))
		got.wantErrorIn(got.in(oauth.DefaultResponseMode(responseType), own), "unsupported_response_type")
	}
	b.authorize(asking("every", every, "response_type=token")).wantError(every, "unsupported_response_type")

	more := newHouse(t, everyType, func(h *house) { h.offered = []string{"code", "id_token"} })
	b = more.signedIn("diana", "krall")
	got := b.authorize(asking("own", own, "response_type=id_token"))
	got.wantErrorIn(got.fragment(own), "unauthorized_client")
}

// What was registered counts only while the provider offers it; what the operator wrote down counts always.
func TestARegisteredClientHasWhatIsOffered(t *testing.T) {
	const redirect = "https://reg.example.com/cb"
	metadata := client.Metadata{
		TokenEndpointAuthMethod: oauth.AuthNone, RedirectURIs: []string{redirect}, Scope: "openid",
		ResponseTypes: []string{"id_token"}, GrantTypes: []string{oauth.GrantImplicit},
	}
	for _, offered := range []bool{false, true} {
		h := newHouse(t, func(h *house) {
			if offered {
				h.offered = []string{"id_token"}
			}
		})
		registered := h.registrations.NewRegistration()
		registered.Metadata, registered.ExpiresAt = metadata, h.now().Add(time.Hour)
		if err := h.store.Commit(t.Context(), h.registrations.Creating(registered)); err != nil {
			t.Fatal(err)
		}
		got := h.browser().authorize(asking(registered.ID, redirect, "response_type=id_token"))
		if offered {
			got.wantPage("login")
			continue
		}
		got.wantErrorIn(got.fragment(redirect), "unsupported_response_type")
	}
}

// Errors are told in the mode that applies, whichever check fails and however early.
func TestErrorsAreToldWhereTheClientLooks(t *testing.T) {
	h := newHouse(t, everyType)
	b := h.browser()
	for _, tt := range []struct{ responseType, asked, want string }{
		{"code", "", "query"},
		{"code", "fragment", "fragment"},
		{"code", "form_post", "form_post"},
		{"none", "", "query"},
		{"id_token", "", "fragment"},
		{"token id_token", "", "fragment"},
		{"id_token", "query", "fragment"},
		{"code token", "web_message", "fragment"},
		{"id_token", "form_post", "form_post"},
		{"", "", "query"},
		{"", "fragment", "query"},
		{"token", "", "query"},
		{"device", "fragment", "query"},
		{"", "form_post", "form_post"},
	} {
		for _, fault := range []string{"prompt=none", "prompt=none login", "request=e30", "scope=\"", "max_age=x", "code_challenge_method=plain", "state=" + strings.Repeat("s", 5000)} {
			got := b.authorize(asking("every", every, "response_type="+tt.responseType, "response_mode="+tt.asked, fault))
			v := got.in(tt.want, every)
			if v.Get("error") == "" || v.Get("iss") != issuer || v.Has("code") || v.Has("id_token") || v.Has("access_token") {
				t.Errorf("%q by %q with %.20s: %v", tt.responseType, tt.asked, fault, v)
			}
		}
	}
}

// A code in the fragment is for clients that read fragments: an answer that nobody takes out of the address can be
// found there by a script.
func TestThreat127_NoModeThatTheClientDoesNotRead(t *testing.T) {
	h := newHouse(t, everyType)
	b := h.signedIn("diana", "krall")
	v := b.authorize(asking("own", own, "response_mode=fragment")).wantError(own, "invalid_request")
	if v.Get("iss") != issuer {
		t.Errorf("answer = %v", v)
	}
	if v := b.authorize(asking("every", every, "response_mode=fragment")).fragment(every); v.Get("code") == "" || v.Get("iss") != issuer {
		t.Errorf("answer = %v", v)
	}
}

func TestAnIDTokenNeedsOpenID(t *testing.T) {
	h := newHouse(t, everyType)
	b := h.signedIn("diana", "krall")
	for _, responseType := range oauth.ResponseTypes {
		got := b.authorize(asking("every", every, "response_type="+responseType, "scope=orders:read"))
		v := got.in(oauth.DefaultResponseMode(responseType), every)
		if needed := oauth.Yields(responseType, "id_token"); v.Has("error") != needed || needed && v.Get("error") != "invalid_scope" {
			t.Errorf("%s without openid: %v", responseType, v)
		}
	}
}

// OIDC Core section 11 and RFC 6749 section 4.2.2: without a code nothing is refreshed, and the scope says so.
func TestOnlyACodeLeadsToRefreshTokens(t *testing.T) {
	h := newHouse(t, everyType)
	b := h.signedIn("diana", "krall")
	for _, responseType := range oauth.ResponseTypes {
		v := b.authorize(asking("every", every, "response_type="+responseType, "scope=openid offline_access")).in(oauth.DefaultResponseMode(responseType), every)
		if code := v.Get("code"); code != "" {
			if g := h.granted(code); !g.Refresh || !g.Offline {
				t.Errorf("%s: %+v", responseType, g)
			}
			continue
		}
		if v.Has("access_token") && v.Get("scope") != "openid" {
			t.Errorf("%s: scope %q", responseType, v.Get("scope"))
		}
	}
}

// OAuth 2.0 Multiple Response Type Encoding Practices section 4.
func TestNoneIssuesNothingAndRemembersTheConsent(t *testing.T) {
	h := newHouse(t, everyType)
	b := h.signedIn("diana", "krall")
	page := b.authorize(asking("asks", asks, "response_type=none"))
	v := b.decide(page, "allow").answer(asks)
	v.Del("session_state")
	if diff := cmp.Diff(url.Values{"state": {"st"}, "iss": {issuer}}, v); diff != "" {
		t.Error(diff)
	}
	if h.count(store.Grants) != 0 || h.count(store.Codes) != 0 || h.count(store.AccessTokens) != 0 || h.count(store.Consents) != 1 {
		t.Error("something was issued, or the consent was not remembered")
	}
	b.decide(page, "allow").wantPage("answered")
	b.authorize(asking("asks", asks, "response_type=code id_token", "prompt=none")).fragment(asks)
}

func TestOneRequestHasOneAnswerWhateverItYields(t *testing.T) {
	h := newHouse(t, everyType)
	b := h.signedIn("diana", "krall")
	for _, responseType := range oauth.ResponseTypes {
		page := b.authorize(asking("asks", asks, "response_type="+responseType, "prompt=consent"))
		if v := b.decide(page, "allow").in(oauth.DefaultResponseMode(responseType), asks); v.Has("error") {
			t.Errorf("%s: %v", responseType, v)
		}
		grants := h.count(store.Grants)
		b.decide(page, "allow").wantPage("answered")
		b.decide(page, "deny").wantPage("answered")
		if h.count(store.Grants) != grants {
			t.Errorf("%s: a second answer left a grant", responseType)
		}
	}
}

// What cannot be signed must not cost the person their answer: nothing is committed before all of it is made.
func TestAFailingIDTokenLeavesNothingBehind(t *testing.T) {
	h := newHouse(t, everyType, func(h *house) {
		h.clients[len(h.clients)-1].IDToken.Alg = keys.PS256 // for which this house has no key
		h.clients[len(h.clients)-2].IDToken.Alg = keys.PS256
	})
	b := h.signedIn("diana", "krall")
	page := b.authorize(asking("asks", asks, "response_type=code id_token token"))
	for range 2 {
		got := b.decide(page, "allow")
		got.wantErrorIn(got.fragment(asks), "server_error")
	}
	for _, kind := range []store.Kind{store.Grants, store.Codes, store.Answered, store.Consents} {
		if n := h.count(kind); n != 0 {
			t.Errorf("%d records of kind %s", n, kind)
		}
	}
}

// The token of the authorization endpoint goes by the rules of every other: its audience, and its grant.
func TestTokensOfTheAuthorizationEndpointAreForTheResourceAskedFor(t *testing.T) {
	h := newHouse(t, everyType)
	b := h.signedIn("diana", "krall")
	for resource, scope := range map[string]string{api: "openid orders:read", issuer: "openid"} {
		v := b.authorize(asking("every", every, "response_type=code token", "scope=openid orders:read", "resource="+resource)).fragment(every)
		live, err := h.grants.Introspect(t.Context(), v.Get("access_token"))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(live.Audience, []string{resource}) || live.Scopes.String() != scope || v.Get("scope") != scope || live.ClientID != "every" {
			t.Errorf("resource %s: %+v, scope %q", resource, live, v.Get("scope"))
		}
		if err := h.grants.Revoke(t.Context(), h.granted(v.Get("code")).ID); err != nil {
			t.Fatal(err)
		}
		if _, err := h.grants.Introspect(t.Context(), v.Get("access_token")); err == nil {
			t.Error("the token outlived its grant")
		}
	}
}
