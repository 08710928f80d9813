package revocation_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/revocation"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

type house struct {
	*granttest.View
	endpoint http.Handler
}

func standard(t testing.TB) *house {
	t.Helper()
	v := granttest.New(t).View(t, granttest.Standard())
	return &house{View: v, endpoint: revocation.New(revocation.Deps{Clients: v.Authenticator, Grants: v.Grants, Respond: v.Respond})}
}

func request(form url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, granttest.Issuer+"/revoke", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func (h *house) do(r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.endpoint.ServeHTTP(rec, r)
	return rec
}

func (h *house) revoke(client, token string) *httptest.ResponseRecorder {
	form := url.Values{"token": {token}, "token_type_hint": {"refresh_token"}} // often wrong, never trusted
	if client == "cli" {
		form.Set("client_id", client)
		return h.do(request(form))
	}
	r := request(form)
	r.SetBasicAuth(client, url.QueryEscape(granttest.Secret))
	return h.do(r)
}

func (h *house) live(t testing.TB, token string) bool {
	t.Helper()
	_, err := h.Grants.IntrospectAny(t.Context(), token)
	if err != nil && !errors.Is(err, grant.ErrInactive) {
		t.Fatal(err)
	}
	return err == nil
}

func TestMust057_Revocation(t *testing.T) {
	h := standard(t)
	for _, client := range []string{"web", "cli"} { // a public client may revoke too: RFC 7009 section 5
		for _, resource := range []string{granttest.API, granttest.Vault} {
			issued := h.Issue(t, client, "openid api:read vault:open offline_access", resource)
			access := h.Issue(t, client, "openid api:read vault:open offline_access", resource)
			if got := h.revoke(client, access.AccessToken); got.Code != http.StatusOK || got.Body.Len() != 0 {
				t.Errorf("access token: %d %s", got.Code, got.Body)
			}
			if h.live(t, access.AccessToken) || !h.live(t, access.RefreshToken) {
				t.Error("an access token goes alone")
			}
			if got := h.revoke(client, issued.RefreshToken); got.Code != http.StatusOK {
				t.Errorf("refresh token: %d %s", got.Code, got.Body)
			}
			if h.live(t, issued.AccessToken) || h.live(t, issued.RefreshToken) {
				t.Error("a refresh token takes all of its grant along")
			}
		}
	}
}

func TestMust057_UnknownTokensAnd200(t *testing.T) {
	h := standard(t)
	dead := h.Issue(t, "web", "openid api:read")
	if got := h.revoke("web", dead.AccessToken); got.Code != http.StatusOK {
		t.Fatal(got.Body)
	}
	for _, token := range []string{"nobody knows", "grt_x", "gat_x", "gac_x", "a.b.c", strings.Repeat(".", 40<<10), dead.AccessToken} {
		got := h.revoke("web", token)
		if got.Code != http.StatusOK || got.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%.10s: %d %s", token, got.Code, got.Body)
		}
	}
}

func TestMust057_AnotherClientsTokenIsRefused(t *testing.T) {
	h := standard(t)
	for _, resource := range []string{granttest.API, granttest.Vault} {
		issued := h.Issue(t, "web", "openid api:read vault:open offline_access", resource)
		for _, token := range []string{issued.AccessToken, issued.RefreshToken} {
			for _, client := range []string{"other", "cli", "worker"} {
				got := h.revoke(client, token)
				if got.Code != http.StatusBadRequest || !strings.Contains(got.Body.String(), "invalid_grant") {
					t.Errorf("%s: %d %s", client, got.Code, got.Body)
				}
			}
			if !h.live(t, token) {
				t.Error("it is dead all the same")
			}
		}
	}
}

func TestThreat022_AFailedRevocationIs503(t *testing.T) {
	h := standard(t)
	for _, resource := range []string{granttest.API, granttest.Vault} {
		issued := h.Issue(t, "web", "openid api:read vault:open offline_access", resource)
		for _, token := range []string{issued.AccessToken, issued.RefreshToken} {
			h.Faults.FailWrites(func([]store.Change) bool { return true })
			if got := h.revoke("web", token); got.Code != http.StatusServiceUnavailable || got.Header().Get("Retry-After") == "" {
				t.Errorf("%.4s…: %d %s", token, got.Code, got.Body)
			}
			h.Faults.FailWrites(nil)
			if !h.live(t, token) {
				t.Errorf("%.4s… died of a write that failed", token)
			}
			if got := h.revoke("web", token); got.Code != http.StatusOK || h.live(t, token) {
				t.Errorf("%.4s… again: %d %s", token, got.Code, got.Body)
			}
		}
	}
}

func TestWhoMayRevokeAndHow(t *testing.T) {
	h := standard(t)
	token := h.Issue(t, "web", "openid api:read").AccessToken
	form := url.Values{"token": {token}}
	basic := func(r *http.Request) *http.Request {
		r.SetBasicAuth("web", url.QueryEscape(granttest.Secret))
		return r
	}
	for _, test := range []struct {
		name   string
		r      func() *http.Request
		status int
	}{
		{"nobody", func() *http.Request { return request(form) }, 401},
		{"a wrong secret", func() *http.Request { r := request(form); r.SetBasicAuth("web", "wrong"); return r }, 401},
		{"no token", func() *http.Request { return basic(request(url.Values{})) }, 400},
		{"two tokens", func() *http.Request { return basic(request(url.Values{"token": {token, token}})) }, 400},
		{"GET", func() *http.Request { r := basic(request(form)); r.Method = http.MethodGet; return r }, 405},
		{"HEAD", func() *http.Request { r := basic(request(form)); r.Method = http.MethodHead; return r }, 405},
		{"in the query", func() *http.Request { r := basic(request(url.Values{})); r.URL.RawQuery = form.Encode(); return r }, 400},
		{"JSON", func() *http.Request {
			r := basic(request(form))
			r.Header.Set("Content-Type", "application/json")
			return r
		}, 400},
	} {
		if got := h.do(test.r()); got.Code != test.status {
			t.Errorf("%s: %d %s", test.name, got.Code, got.Body)
		}
	}
	if !h.live(t, token) {
		t.Error("a refused request revoked the token")
	}
}
