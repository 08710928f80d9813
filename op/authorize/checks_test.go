package authorize_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/idtoken"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// failing is, for each named check, requests that fail it: by the change made to a good request of a
// client, and the error told. A check is a page or an answer to the client.
var failing = map[string][]struct {
	client, redirectURI string
	changes             []string
	page                bool
	code                string
}{
	"client_id is known": {
		{"web", callback, []string{"client_id="}, true, "invalid_request"},
		{"nobody", callback, nil, true, "invalid_request"},
		{"off", callback, nil, true, "invalid_request"},
		{strings.Repeat("x", 5000), callback, nil, true, "invalid_request"},
	},
	"redirect_uri is registered": {
		{"web", callback, []string{"redirect_uri="}, true, "invalid_request"},
		{"web", callback + "/", nil, true, "invalid_request"},
		{"web", "https://SHOP.example.com/cb", nil, true, "invalid_request"},
		{"web", "https://shop.example.com:443/cb", nil, true, "invalid_request"},
		{"web", "https://spa.example.com/cb", nil, true, "invalid_request"},
		{"web", "javascript:alert(1)", nil, true, "invalid_request"},
		{"web", "https://evil.example/\\@shop.example.com/cb", nil, true, "invalid_request"},
		{"cli", "http://127.0.0.1:4711/other", nil, true, "invalid_request"},
		{"cli", "http://localhost:4711/cb", nil, true, "invalid_request"},
	},
	"state can be echoed": {
		{"web", callback, []string{"state=" + strings.Repeat("s", 4<<10+1)}, false, "invalid_request"},
	},
	"no parameter is repeated": {
		{"web", callback, []string{"nonce+=n"}, false, "invalid_request"},
		{"web", callback, []string{"prompt=none", "prompt+=login"}, false, "invalid_request"},
	},
	"response_mode is served": {
		{"web", callback, []string{"response_mode=web_message"}, false, "invalid_request"},
		{"web", callback, []string{"response_mode=query.jwt"}, false, "invalid_request"},
	},
	"the request object holds": {
		{"web", callback, []string{"request=eyJhbGciOiJub25lIn0.e30."}, false, "invalid_request_object"},
		{"web", callback, []string{"request_uri=https://shop.example.com/r"}, false, "invalid_request_uri"},
		{"web", callback, []string{"request=e30", "response_type="}, false, "invalid_request_object"},
		{"web", callback, []string{"request=e30", "request_uri=https://shop.example.com/r"}, false, "invalid_request"},
		{"web", "https://evil.example/cb", []string{"request=e30"}, true, "invalid_request_object"},
	},
	"response_type is allowed": {
		{"web", callback, []string{"response_type="}, false, "invalid_request"},
		{"web", callback, []string{"response_type=token"}, false, "unsupported_response_type"},
		{"web", callback, []string{"response_type=code code"}, false, "unsupported_response_type"},
		{"web", callback, []string{"response_type=none"}, false, "unsupported_response_type"},
		{"web", callback, []string{"response_type=CODE"}, false, "unsupported_response_type"},
		{"service", "https://service.example.com/cb", nil, false, "unauthorized_client"},
	},
	"response_mode fits response_type": {
		{"web", callback, []string{"response_mode=fragment"}, false, "invalid_request"},
	},
	"code_challenge is S256": {
		{"spa", "https://spa.example.com/cb", []string{"code_challenge=", "code_challenge_method="}, false, "invalid_request"},
		{"cli", loopback, []string{"code_challenge=", "code_challenge_method="}, false, "invalid_request"},
		{"web", callback, []string{"code_challenge_method=plain"}, false, "invalid_request"},
		{"web", callback, []string{"code_challenge_method="}, false, "invalid_request"},
		{"web", callback, []string{"code_challenge="}, false, "invalid_request"},
		{"web", callback, []string{"code_challenge=short"}, false, "invalid_request"},
	},
	"dpop_jkt is a thumbprint": {
		{"web", callback, []string{"dpop_jkt=key"}, false, "invalid_request"},
		{"web", callback, []string{"dpop_jkt=NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs="}, false, "invalid_request"},
		{"web", callback, []string{"dpop_jkt=NzbLsXh8uDCcd+6MNwXF4W/7noWXFZAfHkxZsRGC9Xs"}, false, "invalid_request"},
		{"web", callback, []string{"dpop_jkt=NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xt"}, false, "invalid_request"},
		{"web", callback, []string{"dpop_jkt=" + strings.Repeat("A", 86)}, false, "invalid_request"},
	},
	"nonce can be echoed": {
		{"web", callback, []string{"nonce=" + strings.Repeat("n", 1<<10+1)}, false, "invalid_request"},
		{"web", callback, []string{"nonce=" + strings.Repeat("n", 13<<10)}, false, "invalid_request"},
	},
	"prompt is known": {
		{"web", callback, []string{"prompt=none login"}, false, "invalid_request"},
		{"web", callback, []string{"prompt=create"}, false, "invalid_request"},
	},
	"max_age is seconds": {
		{"web", callback, []string{"max_age=-1"}, false, "invalid_request"},
		{"web", callback, []string{"max_age=1.5"}, false, "invalid_request"},
		{"web", callback, []string{"max_age=soon"}, false, "invalid_request"},
	},
	"scope is well formed": {
		{"web", callback, []string{`scope=openid "quoted"`}, false, "invalid_scope"},
		{"web", callback, []string{"scope=openid\tprofile"}, false, "invalid_scope"},
		{"web", callback, []string{"scope=" + manyScopes(101)}, false, "invalid_scope"},
	},
	"resource is open to the client": {
		{"web", callback, []string{"resource=https://unknown.example.com"}, false, "invalid_target"},
		{"web", callback, []string{"resource=https://closed.example.com"}, false, "invalid_target"},
		{"web", callback, []string{"resource=not a uri"}, false, "invalid_target"},
	},
	"id_token_hint is ours": {
		{"web", callback, []string{"id_token_hint=garbage"}, false, "login_required"},
		{"web", callback, []string{"id_token_hint=eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."}, false, "login_required"},
	},
	"claims is well formed": {
		{"web", callback, []string{"claims={not json"}, false, "invalid_request"},
		{"web", callback, []string{`claims={"userinfo":{"email":null,"email":null}}`}, false, "invalid_request"},
		{"web", callback, []string{`claims={"id_token":{"sub":{"value":1}}}`}, false, "invalid_request"},
		{"web", callback, []string{`claims={"userinfo":{"` + strings.Repeat("x", 8<<10) + `":null}}`}, false, "invalid_request"},
	},
	"acr can be given": {
		{"web", callback, []string{`claims={"id_token":{"acr":{"essential":true,"value":"phr"}}}`}, false, "unmet_authentication_requirements"},
		{"web", callback, []string{`claims={"id_token":{"acr":{"essential":true,"values":["phr","phrh"]}}}`, "acr_values=pwd"}, false, "unmet_authentication_requirements"},
	},
	"the request fits into its seal": {
		{"web", callback, []string{"login_hint=" + strings.Repeat("<", 5<<10)}, false, "invalid_request"},
	},
}

func manyScopes(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(" s" + strings.Repeat("x", i))
	}
	return b.String()
}

func TestChecks(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	for name, cases := range failing {
		t.Run(name, func(t *testing.T) {
			for _, tt := range cases {
				h.logs.TakeAll()
				got := b.authorize(asking(tt.client, tt.redirectURI, tt.changes...))
				got.t = t
				if tt.page {
					got.wantRefused(http.StatusBadRequest, tt.code)
				} else if v := got.wantError(tt.redirectURI, tt.code); v.Get("state") != "st" && name != "state can be echoed" {
					t.Errorf("%v: state = %q", tt.changes, v.Get("state"))
				}
				entries := h.logs.TakeAll()
				if len(entries) != 1 {
					t.Fatalf("%v: %d log lines, want 1", tt.changes, len(entries))
				}
				fields := entries[0].ContextMap()
				if cause, _ := fields["cause"].(string); !strings.Contains(cause, `check "`+name+`"`) || fields["endpoint"] != "authorize" {
					t.Errorf("%v: the log does not name the check %q: %v", tt.changes, name, fields)
				}
			}
		})
	}
}

// The error matrix: whatever is wrong beside, an unproven redirect_uri is never sent anybody to.
func TestThreat007_NoErrorIsToldToAnUnprovenRedirectURI(t *testing.T) {
	h := newHouse(t)
	for name, cases := range failing {
		for _, tt := range cases {
			for _, uri := range []string{"https://evil.example/cb", "//evil.example", "/\\evil.example", "javascript:alert(1)", callback + "#", "https://shop.example.com@evil.example/cb"} {
				for _, mode := range []string{"", "query", "form_post"} {
					for _, prompt := range []string{"", "none"} {
						changes := append([]string{"response_mode=" + mode, "prompt=" + prompt}, tt.changes...)
						v := asking(tt.client, uri, changes...)
						if v.Get("redirect_uri") == "" {
							continue
						}
						for _, method := range []string{http.MethodGet, http.MethodPost} {
							got := h.browser().send(toAuthorize(method, v))
							if got.status != http.StatusBadRequest || got.location() != "" || strings.Contains(got.body, "evil.example") || strings.Contains(got.body, "<form") {
								t.Fatalf("%s: %s %v: got %d, Location %q, body:\n%s", name, method, v, got.status, got.location(), got.body)
							}
						}
					}
				}
			}
		}
	}
}

func toAuthorize(method string, v url.Values) *http.Request {
	if method == http.MethodPost {
		return newRequest(method, issuer+"/authorize", v)
	}
	return newRequest(method, issuer+"/authorize?"+v.Encode(), nil)
}

func TestMust003_ErrorPagesReflectNothing(t *testing.T) {
	h := newHouse(t)
	const mark = `"><script>x</script>`
	for _, name := range []string{"client_id", "redirect_uri", "state", "scope", "interaction", "posted", "nonce"} {
		v := asking("web", "https://evil.example/cb")
		v.Set(name, mark)
		if name == "interaction" || name == "posted" {
			v = url.Values{name: {mark}}
		}
		got := h.browser().authorize(v)
		if got.status < 400 || got.location() != "" || strings.Contains(got.body, "<script") || strings.Contains(got.body, "evil") {
			t.Errorf("%s: got %d, Location %q, body:\n%s", name, got.status, got.location(), got.body)
		}
	}
}

// What the check lets through has room in an ID token, however it is written there.
func TestANonceFitsIntoItsIDToken(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	const redirect = "https://own.example.com/cb"
	nonce := strings.Repeat("<", 1<<10)
	code := b.authorize(asking("own", redirect, "nonce="+nonce)).code(redirect)
	kept, err := h.grants.Code(t.Context(), code)
	if err != nil || kept.Nonce != nonce {
		t.Fatalf("the nonce is not kept: %v", err)
	}
	if _, err := h.idToken("own", idtoken.Request{Subject: strings.Repeat("s", 255), Nonce: nonce}); err != nil {
		t.Error(err)
	}
}

func TestMust005_PKCE(t *testing.T) {
	without := []string{"code_challenge=", "code_challenge_method="}
	h := newHouse(t)
	h.signedIn("diana", "krall").authorize(asking("own", "https://own.example.com/cb", without...)).code("https://own.example.com/cb")

	all := newHouse(t, func(h *house) { h.pkceAll = true })
	b := all.signedIn("diana", "krall")
	b.authorize(asking("own", "https://own.example.com/cb", without...)).wantError("https://own.example.com/cb", "invalid_request")
	b.authorize(asking("own", "https://own.example.com/cb")).code("https://own.example.com/cb")
}

func TestMust016_RepeatedEmptyAndUnknownParameters(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	const redirect = "https://own.example.com/cb"
	for name := range asking("own", redirect) {
		for _, prompt := range []string{"", "none"} {
			v := asking("own", redirect, "prompt="+prompt)
			v.Add(name, v.Get(name))
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				got := b.send(toAuthorize(method, v))
				if name == "client_id" || name == "redirect_uri" {
					got.wantRefused(http.StatusBadRequest, "invalid_request")
					continue
				}
				// A repeated state has no value that could come back.
				if told := got.wantError(redirect, "invalid_request"); told.Has("state") == (name == "state") {
					t.Errorf("%s twice: answered with %v", name, told)
				}
			}
		}
	}
	v := asking("own", redirect, "scope=openid orders:read")
	v["resource"] = []string{api, issuer}
	if g := h.granted(b.authorize(v).code(redirect)); len(g.Resources) != 2 {
		t.Errorf("resources = %v, want both", g.Resources)
	}
	v = asking("own", redirect, "acr_values=1 2", "unknown=x", "ui_locales=de not-a_tag", "claims_locales=", "display=hologram")
	v.Set("prompt", "")
	v.Set("max_age", "")
	b.authorize(v).code(redirect)
}

func TestMust022_Methods(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	page := b.authorize(asking("web", callback))
	for _, method := range []string{http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodTrace, http.MethodOptions} {
		r := newRequest(method, issuer+"/authorize?"+asking("own", "https://own.example.com/cb").Encode(), nil)
		if got := b.once(r); got.status != http.StatusMethodNotAllowed || got.location() != "" {
			t.Errorf("%s /authorize: %d", method, got.status)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut} {
		r := newRequest(method, issuer+"/consent?"+page.filled("decision", "allow").Encode(), nil)
		if got := b.once(r); got.status != http.StatusMethodNotAllowed {
			t.Errorf("%s /consent: %d", method, got.status)
		} else if got.header.Get("Content-Type") != "text/html; charset=utf-8" || got.header.Get("Allow") != "POST" {
			t.Errorf("%s /consent is no page for people: %v", method, got.header)
		}
	}
}

func TestMust024_StateComesBackByteForByte(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	const redirect = "https://own.example.com/cb"
	for _, state := range []string{
		"a b+c%20d&e=f#g?h;i", "\r\nLocation: https://evil.example", "\x00\x01\x7f", "ü世界\U0001F600", strings.Repeat("s", 4<<10), `"\'<>`,
	} {
		for _, changes := range [][]string{nil, {"prompt=none login"}} {
			got := b.authorize(asking("own", redirect, append(changes, "state="+state)...))
			if v := got.answer(redirect); v.Get("state") != state {
				t.Errorf("state %.40q came back as %.40q", state, v.Get("state"))
			}
			if strings.ContainsAny(got.location(), "\r\n\x00") {
				t.Error("TestThreat011: a control character in the Location")
			}
		}
	}
	for _, state := range []string{"line\nbreak", "\x00", "\x7f"} {
		f := b.authorize(asking("own", redirect, "response_mode=form_post", "state="+state)).form()
		if f.hidden.Get("error") != "invalid_request" || f.hidden.Has("state") || f.hidden.Has("code") {
			t.Errorf("state %q, which a form changes: %v", state, f.hidden)
		}
	}
	if got := b.authorize(asking("own", redirect, "state=")).answer(redirect); got.Has("state") {
		t.Error("a state that was not sent came back")
	}
	for _, entry := range h.logs.TakeAll() {
		if strings.Contains(entry.Message, "sssss") {
			t.Error("state is in the log")
		}
		for _, value := range entry.ContextMap() {
			if text, ok := value.(string); ok && strings.Contains(text, "sssss") {
				t.Error("state is in the log")
			}
		}
	}
}

func TestTheQueryOfARedirectURIStays(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	got := b.decide(b.authorize(asking("web", callback+"?keep=1")), "allow")
	if v := got.answer(callback); v.Get("keep") != "1" || v.Get("code") == "" {
		t.Errorf("answer = %v", v)
	}
}

func TestNativeRedirects(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	for _, uri := range []string{loopback, "http://127.0.0.1:9/cb", "com.example.app:/cb"} {
		page := b.authorize(asking("cli", uri))
		if b.decide(page, "allow").code(uri) == "" {
			t.Error("no code")
		}
		// Any program can listen there: neither memory nor skip counts.
		b.authorize(asking("cli", uri)).wantPage("consent")
		b.authorize(asking("cli", uri, "prompt=none")).wantError(uri, "consent_required")
	}
}

func TestResponseTypesOfTheClientCount(t *testing.T) {
	h := newHouse(t, func(h *house) {
		h.clients = append(h.clients, &client.Client{ID: "odd", AuthMethods: []string{oauth.AuthNone}, RedirectURIs: []string{"https://odd.example.com/cb"}, ResponseTypes: []string{"none"}})
	})
	h.browser().authorize(asking("odd", "https://odd.example.com/cb")).wantError("https://odd.example.com/cb", "unauthorized_client")
}
