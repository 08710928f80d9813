package userinfo_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/userinfo"
)

type house struct {
	*granttest.View
	endpoint http.Handler
}

func open(t testing.TB, w *granttest.World) *house {
	t.Helper()
	return openAs(t, w, granttest.Standard())
}

func openAs(t testing.TB, w *granttest.World, cfg granttest.Config) *house {
	t.Helper()
	v := w.View(t, cfg)
	return &house{View: v, endpoint: userinfo.New(userinfo.Deps{
		Issuer: granttest.Issuer, Grants: v.Grants, Users: v.Users, Clients: v.Registry, Protector: v.Protector,
		Resources: v.Resources, Respond: v.Respond, Proofs: w.Proofs, URLs: []string{granttest.Issuer + "/userinfo"},
	})}
}

func (h *house) do(r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.endpoint.ServeHTTP(rec, r)
	return rec
}

func get(authorization ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, granttest.Issuer+"/userinfo", nil)
	r.Header["Authorization"] = authorization
	return r
}

func post(form url.Values, authorization ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, granttest.Issuer+"/userinfo", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header["Authorization"] = authorization
	return r
}

func TestMust059_ClaimsByScope(t *testing.T) {
	h := open(t, granttest.New(t))
	for scopes, want := range map[string]map[string]any{
		"openid":               {},
		"openid profile":       {"name": "Alice Example", "preferred_username": "alice"},
		"openid email":         {"email": "alice@example.com", "email_verified": true},
		"openid email profile": {"name": "Alice Example", "preferred_username": "alice", "email": "alice@example.com", "email_verified": true},
		"openid api:read":      {},
	} {
		want["sub"] = "sub-of-alice"
		for _, resource := range []string{granttest.API, granttest.Vault, granttest.Issuer} { // it goes by openid, not by aud
			got := h.do(get("Bearer " + h.Issue(t, "web", scopes, resource).AccessToken))
			var claims map[string]any
			if err := json.Unmarshal(got.Body.Bytes(), &claims); err != nil || got.Code != http.StatusOK {
				t.Fatalf("%s: %d %s", scopes, got.Code, got.Body)
			}
			if diff := cmp.Diff(want, claims); diff != "" {
				t.Errorf("%s for %s (-want +got):\n%s", scopes, resource, diff)
			}
			if got.Header().Get("Cache-Control") != "no-store" {
				t.Error("the answer may be kept")
			}
		}
	}
}

// Every way to present a token meets the same rules.
func TestThreat061_EveryWayToPresentAToken(t *testing.T) {
	h := open(t, granttest.New(t))
	good := h.Issue(t, "web", "openid").AccessToken
	plain := h.Issue(t, "web", "api:read profile email").AccessToken // no openid
	service, err := h.Grants.ClientCredentials(t.Context(), h.Client(t, "worker"), oauth.Scopes{"api:read"}, []string{granttest.API}, grant.Possession{})
	if err != nil {
		t.Fatal(err)
	}
	body := func(token string) url.Values { return url.Values{"access_token": {token}} }
	inQuery := func(r *http.Request, token string) *http.Request {
		r.URL.RawQuery = body(token).Encode()
		return r
	}
	repeated := post(url.Values{"access_token": {good, good}})
	ways := map[string]func(token string) *http.Request{
		"GET with the header":    func(token string) *http.Request { return get("Bearer " + token) },
		"POST with the header":   func(token string) *http.Request { return post(nil, "bearer "+token) },
		"POST with the body":     func(token string) *http.Request { return post(body(token)) },
		"POST without a body":    func(token string) *http.Request { return bare(post(nil, "Bearer "+token)) },
		"GET with a strange one": func(token string) *http.Request { return get("BEARER   " + token) },
	}
	for name, way := range ways {
		for token, status := range map[string]int{
			good: 200, plain: 403, service.AccessToken: 403, "nobody-knows": 401, good + "x": 401,
		} {
			if got := h.do(way(token)); got.Code != status {
				t.Errorf("%s, %.8s…: %d, want %d", name, token, got.Code, status)
			}
		}
	}
	for name, test := range map[string]struct {
		r      *http.Request
		status int
	}{
		"GET with the query":             {inQuery(get(), good), 400},
		"GET with header and query":      {inQuery(get("Bearer "+good), good), 400},
		"POST with the query":            {inQuery(post(nil), good), 400},
		"POST with header and body":      {post(body(good), "Bearer "+good), 400},
		"POST with two tokens":           {repeated, 400},
		"two headers":                    {get("Bearer "+good, "Bearer "+good), 400},
		"two tokens in a header":         {get("Bearer " + good + ", Bearer " + good), 400},
		"Basic":                          {get("Basic d2ViOng="), 401},
		"another scheme":                 {get("DPoP " + good), 401},
		"no scheme":                      {get(good), 401},
		"an empty token":                 {get("Bearer "), 400},
		"nothing":                        {get(), 401},
		"GET with a token in its body":   {method(post(body(good)), http.MethodGet), 401},
		"a body of another content type": {contentType(post(body(good)), "application/json"), 401},
		"PUT":                            {method(get("Bearer "+good), http.MethodPut), 405},
		"HEAD":                           {method(get("Bearer "+good), http.MethodHead), 405},
		"OPTIONS":                        {method(get("Bearer "+good), http.MethodOptions), 405},
	} {
		if got := h.do(test.r); got.Code != test.status {
			t.Errorf("%s: %d %s, want %d", name, got.Code, got.Body, test.status)
		}
	}
}

func method(r *http.Request, m string) *http.Request { r.Method = m; return r }

func contentType(r *http.Request, mediaType string) *http.Request {
	r.Header.Set("Content-Type", mediaType)
	return r
}

func bare(r *http.Request) *http.Request {
	r.Header.Del("Content-Type")
	r.Body = http.NoBody
	return r
}

func TestBearerChallenges(t *testing.T) {
	h := open(t, granttest.New(t))
	for name, test := range map[string]struct {
		r         *http.Request
		challenge string
	}{
		"no token": {get(), `Bearer realm="userinfo"`},
		"a dead token": {
			get("Bearer dead"), `Bearer error="invalid_token", error_description="access token is not active"`,
		},
		"no openid": {
			get("Bearer " + h.Issue(t, "web", "api:read").AccessToken),
			`Bearer error="insufficient_scope", error_description="access token has no openid scope", scope="openid"`,
		},
		"in the query": {
			func() *http.Request { r := get(); r.URL.RawQuery = "access_token=x"; return r }(),
			`Bearer error="invalid_request", error_description="access_token belongs in the header or the body"`,
		},
	} {
		got := h.do(test.r)
		if challenge := got.Header().Get("WWW-Authenticate"); challenge != test.challenge {
			t.Errorf("%s: %s", name, challenge)
		}
		if got.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: the answer may be kept", name)
		}
		if name == "no token" && got.Body.Len() > 0 {
			t.Errorf("an error for whoever only asks: %s", got.Body)
		}
	}
}

func TestThreat059_OtherTokensAreNoBearerTokens(t *testing.T) {
	h := open(t, granttest.New(t))
	issued := h.Issue(t, "web", "openid offline_access")
	idToken, err := h.Ring.Sign("ES256", "JWT", map[string]any{"iss": granttest.Issuer, "sub": "sub-of-alice", "aud": "web"})
	if err != nil {
		t.Fatal(err)
	}
	code := h.Authorize(t, h.Granting(t, h.SignIn(t, "alice"), "web", "openid"), grant.CodeRequest{})
	for _, token := range []string{issued.RefreshToken, idToken, code, issued.Grant.ID} {
		if got := h.do(get("Bearer " + token)); got.Code != http.StatusUnauthorized {
			t.Errorf("%.8s…: %d %s", token, got.Code, got.Body)
		}
	}
}

func TestTheAnswerEndsWithTheToken(t *testing.T) {
	h := open(t, granttest.New(t))
	issued := h.Issue(t, "web", "openid")
	if got := h.do(get("Bearer " + issued.AccessToken)); got.Code != http.StatusOK {
		t.Fatal(got.Body)
	}
	if err := h.Grants.Revoke(t.Context(), issued.Grant.ID); err != nil {
		t.Fatal(err)
	}
	if got := h.do(get("Bearer " + issued.AccessToken)); got.Code != http.StatusUnauthorized {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

func TestAnOutageIsUnavailable(t *testing.T) {
	w := granttest.New(t)
	token := open(t, w).Issue(t, "web", "openid").AccessToken
	h := open(t, w) // which has seen no token yet
	h.Faults.FailReads(func(store.Kind) bool { return true })
	got := h.do(get("Bearer " + token))
	if got.Code != http.StatusServiceUnavailable || got.Header().Get("WWW-Authenticate") != "" || got.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v %s", got.Code, got.Header(), got.Body)
	}
}
