package introspection_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/introspection"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

const inactive = `{"active":false}`

type house struct {
	*granttest.View
	endpoint http.Handler
}

func open(t testing.TB, w *granttest.World, cfg granttest.Config) *house {
	t.Helper()
	v := w.View(t, cfg)
	return &house{View: v, endpoint: introspection.New(introspection.Deps{
		Clients: v.Authenticator, Protector: v.Protector,
		Grants: v.Grants, Resources: v.Resources, Respond: v.Respond, Issuer: granttest.Issuer, Now: w.Clock.Now,
	})}
}

func standard(t testing.TB) *house { return open(t, granttest.New(t), granttest.Standard()) }

func request(form url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, granttest.Issuer+"/introspect", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func (h *house) do(r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.endpoint.ServeHTTP(rec, r)
	return rec
}

func (h *house) ask(caller, token string) *httptest.ResponseRecorder {
	r := request(url.Values{"token": {token}})
	r.SetBasicAuth(caller, url.QueryEscape(granttest.Secret))
	return h.do(r)
}

// told is the answer to a caller that may see the token.
func (h *house) told(t testing.TB, caller, token string) map[string]any {
	t.Helper()
	rec := h.ask(caller, token)
	var told map[string]any
	if err := json.Unmarshal(rec.Body.Bytes(), &told); err != nil || rec.Code != http.StatusOK {
		t.Fatalf("%d %s: %v", rec.Code, rec.Body, err)
	}
	return told
}

func TestWhatAnActiveTokenIsSaidToBe(t *testing.T) {
	h := standard(t)
	now := float64(h.Clock.Now().Unix())
	person := h.Issue(t, "web", "openid api:read vault:open offline_access", granttest.API, granttest.Vault)
	service, err := h.Grants.ClientCredentials(t.Context(), h.Client(t, "spare"), oauth.Scopes{"api:read"}, []string{granttest.API}, grant.Possession{})
	if err != nil {
		t.Fatal(err)
	}
	common := map[string]any{
		"active": true, "iss": granttest.Issuer, "sub": "sub-of-alice", "client_id": "web",
		"scope": "openid api:read vault:open offline_access", "iat": now, "exp": now + 3600, "token_type": "Bearer",
		"username": "alice", "auth_time": now, "acr": "pwd", "amr": []any{"pwd"},
	}
	with := func(more map[string]any) map[string]any {
		all := map[string]any{}
		for _, part := range []map[string]any{common, more} {
			for name, value := range part {
				if all[name] = value; value == nil {
					delete(all, name)
				}
			}
		}
		return all
	}
	for _, test := range []struct {
		name, caller, token string
		want                map[string]any
	}{
		{"to its client", "web", person.AccessToken, with(map[string]any{"aud": []any{granttest.API, granttest.Vault}})},
		{"to a resource server, only the audience it serves", "worker", person.AccessToken, with(map[string]any{"aud": []any{granttest.API}})},
		{"a refresh token to its client", "web", person.RefreshToken, with(map[string]any{"exp": now + 24*3600, "token_type": nil})},
		{"a service's token says nothing of a person", "worker", service.AccessToken, map[string]any{
			"active": true, "iss": granttest.Issuer, "sub": "spare", "client_id": "spare", "aud": []any{granttest.API},
			"scope": "api:read", "iat": now, "exp": now + 3600, "token_type": "Bearer",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			told := h.told(t, test.caller, test.token)
			if jti, _ := told["jti"].(string); (jti == "") != (test.token == person.RefreshToken) {
				t.Errorf("jti %q", jti)
			}
			delete(told, "jti")
			if diff := cmp.Diff(test.want, told); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever is not active or not the caller's to see gives the same bytes, status and headers.
func TestThreat053_EverythingElseIsTheSameBytes(t *testing.T) {
	h := standard(t)
	revoked := h.Issue(t, "web", "openid api:read")
	if err := h.Grants.Revoke(t.Context(), revoked.Grant.ID); err != nil {
		t.Fatal(err)
	}
	spent := h.Issue(t, "web", "openid api:read offline_access")
	if _, err := h.Grants.Rotate(t.Context(), h.Client(t, "web"), spent.RefreshToken, grant.Narrowing{}); err != nil {
		t.Fatal(err)
	}
	expired := h.Issue(t, "web", "openid api:read")
	h.Clock.Advance(time.Hour - time.Second)
	visible := h.Issue(t, "web", "openid api:read offline_access")
	hidden := h.Issue(t, "web", "openid vault:open", granttest.Vault)
	userinfo := h.Issue(t, "web", "openid", granttest.Issuer)
	h.Clock.Advance(2 * time.Second)
	code := h.Authorize(t, h.Granting(t, h.SignIn(t, "alice"), "web", "openid"), grant.CodeRequest{})

	want := h.ask("worker", "nobody knows")
	if want.Code != http.StatusOK || want.Body.String() != inactive {
		t.Fatalf("%d %s", want.Code, want.Body)
	}
	for name, got := range map[string]*httptest.ResponseRecorder{
		"another client's token":              h.ask("other", visible.AccessToken),
		"another client's refresh token":      h.ask("other", visible.RefreshToken),
		"a refresh token to a resource":       h.ask("worker", visible.RefreshToken),
		"a token of a resource not served":    h.ask("worker", hidden.AccessToken),
		"a token for the issuer":              h.ask("worker", userinfo.AccessToken),
		"a service that may not introspect":   h.ask("spare", visible.AccessToken),
		"a revoked token":                     h.ask("web", revoked.AccessToken),
		"an expired token":                    h.ask("web", expired.AccessToken),
		"a spent refresh token":               h.ask("web", spent.RefreshToken),
		"a code":                              h.ask("web", code),
		"a malformed token":                   h.ask("web", "a.b.c"),
		"a token with a flipped bit":          h.ask("web", visible.AccessToken[:len(visible.AccessToken)-2]+"AA"),
		"an opaque prefix":                    h.ask("web", "gat_"),
		"a token of many dots":                h.ask("web", strings.Repeat(".", 40<<10)),
		"text that is not ASCII":              h.ask("web", "tökén"),
		"a hint of another kind, not visible": h.hinted("other", visible.AccessToken, "refresh_token"),
	} {
		if got.Code != want.Code || got.Body.String() != want.Body.String() {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
		if diff := cmp.Diff(want.Header(), got.Header()); diff != "" {
			t.Errorf("%s: headers (-want +got):\n%s", name, diff)
		}
	}
	if told := h.told(t, "web", visible.AccessToken); told["active"] != true {
		t.Error("the good one is not active either")
	}
}

func (h *house) hinted(caller, token, hint string) *httptest.ResponseRecorder {
	r := request(url.Values{"token": {token}, "token_type_hint": {hint}})
	r.SetBasicAuth(caller, url.QueryEscape(granttest.Secret))
	return h.do(r)
}

func TestAHintNeverHidesAToken(t *testing.T) {
	h := standard(t)
	issued := h.Issue(t, "web", "openid api:read offline_access")
	for _, hint := range []string{"access_token", "refresh_token", "unknown"} {
		for _, token := range []string{issued.AccessToken, issued.RefreshToken} {
			if got := h.hinted("web", token, hint); !strings.HasPrefix(got.Body.String(), `{"active":true`) {
				t.Errorf("%s: %s", hint, got.Body)
			}
		}
	}
}

func TestMust054_OnlyAnAuthenticatedClientMayAsk(t *testing.T) {
	h := standard(t)
	token := url.Values{"token": {h.Issue(t, "cli", "openid api:read").AccessToken}}
	public := url.Values{"token": token["token"], "client_id": {"cli"}}
	for _, test := range []struct {
		name   string
		r      func() *http.Request
		status int
		code   string
	}{
		{"nobody", func() *http.Request { return request(token) }, 401, "invalid_client"},
		{"a public client about its own token", func() *http.Request { return request(public) }, 401, "invalid_client"},
		{"a wrong secret", func() *http.Request { r := request(token); r.SetBasicAuth("worker", "wrong"); return r }, 401, "invalid_client"},
		{"a bearer token", func() *http.Request {
			r := request(token)
			r.Header.Set("Authorization", "Bearer "+token.Get("token"))
			return r
		}, 401, "invalid_client"},
		{"no token", func() *http.Request { return basic(request(url.Values{})) }, 400, "invalid_request"},
		{"two tokens", func() *http.Request { return basic(request(url.Values{"token": {"a", "b"}})) }, 400, "invalid_request"},
		{"a token in the query", func() *http.Request {
			r := basic(request(url.Values{}))
			r.URL.RawQuery = token.Encode()
			return r
		}, 400, "invalid_request"},
		{"GET", func() *http.Request { r := basic(request(token)); r.Method = http.MethodGet; return r }, 405, "invalid_request"},
		{"HEAD", func() *http.Request { r := basic(request(token)); r.Method = http.MethodHead; return r }, 405, "invalid_request"},
		{"JSON", func() *http.Request {
			r := basic(request(token))
			r.Header.Set("Content-Type", "application/json")
			return r
		}, 400, "invalid_request"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := h.do(test.r())
			if got.Code != test.status || !strings.Contains(got.Body.String(), `"error":"`+test.code+`"`) {
				t.Errorf("%d %s", got.Code, got.Body)
			}
		})
	}
}

func basic(r *http.Request) *http.Request {
	r.SetBasicAuth("worker", url.QueryEscape(granttest.Secret))
	return r
}

func TestAnOutageIsNeverInactive(t *testing.T) {
	w := granttest.New(t)
	issued := open(t, w, granttest.Standard()).Issue(t, "web", "openid vault:open offline_access", granttest.Vault)
	h := open(t, w, granttest.Standard()) // which has seen no token yet
	h.Faults.FailReads(func(store.Kind) bool { return true })
	for _, token := range []string{issued.AccessToken, issued.RefreshToken} {
		got := h.ask("web", token)
		if got.Code != http.StatusServiceUnavailable || got.Header().Get("Retry-After") == "" || strings.Contains(got.Body.String(), "active") {
			t.Errorf("%d %s", got.Code, got.Body)
		}
	}
}

func TestMust033_NoAnswerIsKept(t *testing.T) {
	h := standard(t)
	for name, got := range map[string]*httptest.ResponseRecorder{
		"active":   h.ask("web", h.Issue(t, "web", "openid api:read").AccessToken),
		"inactive": h.ask("web", "nobody knows"),
		"refused":  h.do(request(url.Values{})),
	} {
		if got.Header().Get("Cache-Control") != "no-store" || got.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v", name, got.Header())
		}
	}
}

func BenchmarkIntrospection(b *testing.B) {
	h := standard(b)
	token := h.Issue(b, "web", "openid api:read").AccessToken
	b.ReportAllocs()
	for b.Loop() {
		if got := h.ask("worker", token); got.Code != http.StatusOK {
			b.Fatal(got.Body)
		}
	}
}
