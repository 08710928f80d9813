package authorize_test

import (
	"context"
	"maps"
	"net/http/httptest"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// claims is the change to a request that adds a claims parameter.
func claims(text string) string { return "claims=" + text }

func TestMust021_ConsentNamesEachClaim(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	const asked = `{"userinfo":{"email":{"essential":true},"nickname":null,"phone_number":null,"shoe_size":null},"id_token":{"name#sv":null,"email":null}}`
	page := b.authorize(asking("web", callback, "scope=openid", claims(asked)))
	page.wantPage("consent")
	for _, words := range []string{"See your e-mail address", "See your nickname", "See your full name"} {
		if strings.Count(page.body, words) != 1 {
			t.Errorf("the page says %q %d times", words, strings.Count(page.body, words))
		}
	}
	for _, not := range []string{"phone", "shoe_size", "See your profile", ">New<"} {
		if strings.Contains(page.body, not) {
			t.Errorf("the page speaks of %q", not)
		}
	}
	got := h.granted(b.decide(page, "allow").code(callback))
	want := grant.AskedClaims{Userinfo: []string{"email", "nickname"}, IDToken: []string{"email", "name#sv"}}
	if diff := cmp.Diff(want, got.Claims); diff != "" {
		t.Errorf("granted: %s", diff)
	}

	// What was allowed is remembered, in whatever place and language it is asked for, and nothing more is.
	b.authorize(asking("web", callback, "scope=openid", claims(`{"id_token":{"nickname":null},"userinfo":{"name#ja":null}}`))).code(callback)
	b.authorize(asking("web", callback, "scope=openid", "prompt=none", claims(asked))).code(callback)
	more := `{"userinfo":{"nickname":null,"gender":null}}`
	b.authorize(asking("web", callback, "scope=openid", "prompt=none", claims(more))).wantError(callback, "consent_required")
	page = b.authorize(asking("web", callback, "scope=openid", claims(more)))
	page.wantPage("consent")
	if !strings.Contains(page.body, "See your gender") || strings.Count(page.body, ">New<") != 1 {
		t.Errorf("the page does not say what is new:\n%s", page.body)
	}
	b.decide(page, "deny").wantError(callback, "access_denied")
	b.authorize(asking("web", callback, "scope=openid", "prompt=none", claims(more))).wantError(callback, "consent_required")
}

func TestClaimsOfTheScopesNeedNoWordsOfTheirOwn(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	page := b.authorize(asking("web", callback, "scope=openid email profile", claims(`{"id_token":{"email":null,"name":null}}`)))
	page.wantPage("consent")
	if strings.Contains(page.body, "See your full name") {
		t.Error("a claim is named that its scope names already")
	}
	if g := h.granted(b.decide(page, "allow").code(callback)); !slices.Equal(g.Claims.IDToken, []string{"email", "name"}) {
		t.Errorf("granted: %v", g.Claims)
	}
}

// TestMust059_AnApprovalCoversNoOtherClaims: what the page said is what was allowed, though the configuration
// let the client ask for more by the time the person pressed the button.
func TestMust059_AnApprovalCoversNoOtherClaims(t *testing.T) {
	h := newHouse(t, func(h *house) { h.clients[0].Scopes = oauth.Scopes{"openid", "email"} })
	b := h.signedIn("diana", "krall")
	page := b.authorize(asking("web", callback, "scope=openid", claims(`{"userinfo":{"email":null,"gender":null}}`)))
	if page.wantPage("consent"); strings.Contains(page.body, "gender") {
		t.Error("the page names what the client cannot have")
	}
	h.clients[0].Scopes = oauth.Scopes{"openid", "email", "profile"}
	h.build()
	again := b.decide(page, "allow")
	if again.wantPage("consent"); !strings.Contains(again.body, "See your gender") {
		t.Error("an approval covered what its page had not shown")
	}
	if g := h.granted(b.decide(again, "allow").code(callback)); !slices.Equal(g.Claims.Userinfo, []string{"email", "gender"}) {
		t.Errorf("granted: %v", g.Claims)
	}
}

func TestMust059_ConsentSkipStopsAtTheScopesOfTheClient(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	g := h.granted(b.authorize(asking("own", own, "scope=openid", claims(`{"userinfo":{"email":null,"phone_number":null,"address":null}}`))).code(own))
	if diff := cmp.Diff(grant.AskedClaims{Userinfo: []string{"email"}}, g.Claims); diff != "" {
		t.Error(diff)
	}
}

// The claims parameter belongs to OpenID Connect; to plain OAuth it is one nobody knows (RFC 6749 section 3.1).
func TestPlainOAuthHasNoClaims(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	for _, text := range []string{`{"userinfo":{"email":null}}`, `{not json`, `{"id_token":{"sub":{"value":"another"}}}`} {
		if g := h.granted(b.authorize(asking("own", own, "scope=orders:read", claims(text), "claims_locales=ja")).code(own)); !g.Claims.IsZero() {
			t.Errorf("%s: granted %v", text, g.Claims)
		}
	}
}

// OIDC Core section 3.1.2.2: with a value of sub asked for, nobody else is answered for.
func TestMust012_TheSubThatIsAskedFor(t *testing.T) {
	babs := `{"id_token":{"sub":{"value":"sub-of-babs"}}}`
	for name, tt := range map[string]struct {
		claims string
		babs   bool
	}{
		"her":                   {babs, true},
		"her among others":      {`{"id_token":{"sub":{"values":["x","sub-of-babs"]}}}`, true},
		"her at userinfo":       {`{"userinfo":{"sub":{"value":"sub-of-babs"}}}`, true},
		"anybody":               {`{"id_token":{"sub":{"essential":true}}}`, true},
		"another":               {`{"id_token":{"sub":{"value":"x"}}}`, false},
		"another at userinfo":   {`{"userinfo":{"sub":{"value":"x"}},"id_token":{"sub":{"value":"sub-of-babs"}}}`, false},
		"in another case":       {`{"id_token":{"sub":{"value":"SUB-of-babs"}}}`, false},
		"by her local name":     {`{"id_token":{"sub":{"value":"babs"}}}`, false},
		"two that cannot agree": {`{"userinfo":{"sub":{"value":"sub-of-babs"}},"id_token":{"sub":{"values":["x"]}}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			b := h.signedIn("babs", "howes")
			h.wait(time.Minute)
			silent := b.authorize(asking("own", own, "prompt=none", claims(tt.claims)))
			if tt.babs {
				silent.code(own)
				return
			}
			silent.wantError(own, "login_required")
			page := b.authorize(asking("own", own, claims(tt.claims)))
			b.signIn(page, "diana", "krall").wantError(own, "login_required")
			if h.count(store.Codes) != 0 {
				t.Error("a code for somebody else")
			}
		})
	}
	t.Run("the right person may sign in", func(t *testing.T) {
		h := newHouse(t)
		b := h.signedIn("diana", "krall")
		h.wait(time.Minute)
		page := b.authorize(asking("own", own, claims(babs)))
		if g := h.granted(b.signIn(page, "babs", "howes").code(own)); g.Subject != "sub-of-babs" {
			t.Errorf("sub = %s", g.Subject)
		}
	})
	t.Run("the hint counts as well", func(t *testing.T) {
		h := newHouse(t)
		b := h.signedIn("babs", "howes")
		b.authorize(asking("own", own, claims(babs), h.hint("own", "x"), "prompt=none")).wantError(own, "login_required")
	})
}

// OIDC Core section 5.5.1.1: an acr that is wanted is told if it is true, and the session's own else.
func TestACR(t *testing.T) {
	const saml = signin.ACRPasswordProtectedTransport
	essential := func(values string) string {
		return claims(`{"id_token":{"acr":{"essential":true,"values":[` + values + `]}}}`)
	}
	voluntary := func(values string) string { return claims(`{"id_token":{"acr":{"values":[` + values + `]}}}`) }
	for name, tt := range map[string]struct {
		defaults []string
		changes  []string
		want     string
	}{
		"nothing wanted":                     {nil, nil, "pwd"},
		"acr_values nobody has":              {nil, []string{"acr_values=1 2"}, "pwd"},
		"acr_values, the first that is true": {nil, []string{"acr_values=phr " + saml + " pwd"}, saml},
		"default_acr_values":                 {[]string{saml}, nil, saml},
		"acr_values before the default":      {[]string{saml}, []string{"acr_values=pwd"}, "pwd"},
		"voluntary":                          {nil, []string{voluntary(`"phr"`)}, "pwd"},
		"voluntary, one that is true":        {nil, []string{voluntary(`"phr","` + saml + `"`), "acr_values=pwd"}, saml},
		"voluntary, without a value":         {[]string{saml}, []string{claims(`{"id_token":{"acr":null}}`)}, saml},
		"essential, without a value":         {nil, []string{claims(`{"id_token":{"acr":{"essential":true}}}`)}, "pwd"},
		"essential, one that is true":        {nil, []string{essential(`"phr","` + saml + `"`)}, saml},
		"essential at userinfo is voluntary": {nil, []string{claims(`{"userinfo":{"acr":{"essential":true,"value":"phr"}}}`)}, "pwd"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, func(h *house) { h.clients[3].DefaultACRValues = tt.defaults })
			b := h.signedIn("diana", "krall")
			if g := h.granted(b.authorize(asking("own", own, tt.changes...)).code(own)); g.ACR != tt.want {
				t.Errorf("acr = %q, want %q", g.ACR, tt.want)
			}
		})
	}
	h := newHouse(t)
	for _, b := range []*browser{h.browser(), h.signedIn("diana", "krall")} {
		b.authorize(asking("own", own, essential(`"phr"`))).wantError(own, "unmet_authentication_requirements")
		b.authorize(asking("own", own, essential(`"phr"`), "prompt=none")).wantError(own, "unmet_authentication_requirements")
	}
}

// TestThreat109_AWeakerSignInNeverMeetsAnEssentialACR: a session of another kind is no password login.
func TestThreat109_AWeakerSignInNeverMeetsAnEssentialACR(t *testing.T) {
	const essential = `{"id_token":{"acr":{"essential":true,"value":"pwd"}}}`
	h := newHouse(t)
	b := h.weaklySignedIn("diana", h.users[0].Stamp())
	if g := h.granted(b.authorize(asking("own", own, "acr_values=pwd")).code(own)); g.ACR != "link" {
		t.Errorf("acr = %q, the session has link", g.ACR)
	}
	h.wait(time.Minute)
	b.authorize(asking("own", own, claims(essential), "prompt=none")).wantError(own, "login_required")
	page := b.authorize(asking("own", own, claims(essential)))
	if g := h.granted(b.signIn(page, "diana", "krall").code(own)); g.ACR != "pwd" {
		t.Errorf("acr = %q after a login by password", g.ACR)
	}

	// A sign-in that came after the request and is still too weak ends it, and asks no more.
	b = h.weaklySignedIn("diana", h.users[0].Stamp())
	b.authorize(asking("own", own, claims(essential))).wantError(own, "unmet_authentication_requirements")
}

// weaklySignedIn is a browser whose session was begun in another way than by password.
func (h *house) weaklySignedIn(account, stamp string) *browser {
	h.t.Helper()
	b, w := h.browser(), httptest.NewRecorder()
	if _, err := h.sessions.SignIn(context.Background(), w, b.request(), account, stamp, "link", []string{"mail"}); err != nil {
		h.t.Fatal(err)
	}
	for _, c := range w.Result().Cookies() {
		b.cookies[c.Name] = c.Value
	}
	return b
}

func TestMust011_DefaultMaxAge(t *testing.T) {
	age := 30 * time.Second
	h := newHouse(t, func(h *house) { h.clients[3].DefaultMaxAge = &age })
	b := h.signedIn("diana", "krall")
	b.authorize(asking("own", own)).code(own)
	h.wait(time.Minute)
	b.authorize(asking("own", own, "prompt=none")).wantError(own, "login_required")
	b.authorize(asking("own", own, "prompt=none", "max_age=61")).code(own)
	page := b.authorize(asking("own", own))
	b.signIn(page, "diana", "krall").code(own)

	age = 0
	h.build()
	h.wait(time.Second)
	b.authorize(asking("own", own)).wantPage("login")
}

func TestClaimsTravelWithTheRequest(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	page := b.authorize(asking("web", callback, "scope=openid", claims(`{"userinfo":{"nickname":null}}`),
		"acr_values="+signin.ACRPasswordProtectedTransport, "claims_locales=sv  ja-Kana-JP not_a_tag sv", "ui_locales=sv", "display=popup"))
	got := h.granted(b.decide(b.signIn(page, "diana", "krall"), "allow").code(callback))
	want := grant.AskedClaims{Userinfo: []string{"nickname"}, Locales: []string{"sv", "ja-Kana-JP"}}
	if diff := cmp.Diff(want, got.Claims); diff != "" || got.ACR != signin.ACRPasswordProtectedTransport {
		t.Errorf("acr %s, claims %s", got.ACR, diff)
	}
}

// TestThreat125_LanguagesNeverFailARequest: neither many of them nor nonsense, which is not carried about
// either.
func TestThreat125_LanguagesNeverFailARequest(t *testing.T) {
	h := newHouse(t)
	many := strings.Repeat("xx-Abcd-YY ", 1300)
	for _, locales := range []string{"not a tag \x00 ü", many, strings.Repeat("-", 14<<10)} {
		b := h.browser()
		page := b.authorize(asking("own", own, "ui_locales="+locales, "claims_locales="+locales))
		if sealed := page.form().hidden.Get("interaction"); len(sealed) > 2<<10 {
			t.Errorf("%d bytes of languages are carried in a seal of %d", len(locales), len(sealed))
		}
		if g := h.granted(b.signIn(page, "diana", "krall").code(own)); len(g.Claims.Locales) > 10 {
			t.Errorf("%d languages", len(g.Claims.Locales))
		}
	}
}

// TestThreat124_AnEnormousClaimsParameterOfARequest is refused whole, however it is sent.
func TestThreat124_AnEnormousClaimsParameterOfARequest(t *testing.T) {
	h := newHouse(t)
	v := asking("web", callback, claims(`{"userinfo":{"`+strings.Repeat("x", 1<<20)+`":null}}`))
	for _, method := range []string{"GET", "POST"} {
		began := time.Now()
		got := h.browser().send(toAuthorize(method, v))
		if got.status/100 == 2 || strings.Contains(got.location(), "code=") || time.Since(began) > time.Second {
			t.Errorf("%s: %d %s after %v", method, got.status, got.location(), time.Since(began))
		}
	}
	fits := asking("web", callback, claims(`{"userinfo":{"`+strings.Repeat(`\"`, 3500)+`":null}}`))
	h.browser().authorize(fits).wantError(callback, "invalid_request")
}

// A third party starts a login at the client, which then asks with what it was given (OIDC Core section 4):
// neither iss nor target_link_uri is a parameter of ours, and login_hint begins the form.
func TestALoginThatAThirdPartyBegan(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	v := asking("own", own, "login_hint=diana", "state=")
	v["iss"], v["target_link_uri"] = []string{issuer}, []string{"https://own.example.com/deep"}
	page := b.authorize(v)
	if page.wantPage("login"); !strings.Contains(page.body, `value="diana"`) {
		t.Error("the hint is lost")
	}
	answer := b.signIn(page, "diana", "krall").answer(own)
	if diff := cmp.Diff([]string{"code", "iss", "session_state"}, slices.Sorted(maps.Keys(answer))); diff != "" {
		t.Error(diff)
	}
}

// What the checks let in goes through every page: no claims request is refused halfway.
func TestALargeClaimsRequestGoesAllTheWay(t *testing.T) {
	h := newHouse(t)
	known := []string{"name", "given_name", "family_name", "nickname", "picture", "website", "gender", "birthdate", "zoneinfo", "locale", "email", "email_verified"}
	names := make([]string, 0, 400)
	for i := range cap(names) {
		names = append(names, `"`+known[i%len(known)]+"#x-"+strconv.Itoa(i)+`":null`)
	}
	ask := func(n int) string { return claims(`{"userinfo":{` + strings.Join(names[:n], ",") + `}}`) }
	largest := sort.Search(len(names), func(n int) bool {
		return strings.Contains(h.browser().authorize(asking("web", callback, "scope=openid", ask(n))).location(), "error=")
	}) - 1
	if largest < 100 {
		t.Fatalf("only %d claims are let in", largest)
	}
	b := h.browser()
	page := b.signIn(b.authorize(asking("web", callback, "scope=openid", ask(largest))), "diana", "krall")
	if g := h.granted(b.decide(page, "allow").code(callback)); len(g.Claims.Userinfo) != largest {
		t.Errorf("%d of %d claims were granted", len(g.Claims.Userinfo), largest)
	}
}
