package token_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/devicecode"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/idtoken"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/token"
)

// house is a token endpoint and what it stands on.
type house struct {
	*granttest.View
	devices  *devicecode.Codes
	endpoint *token.Endpoint
}

func open(t testing.TB, w *granttest.World, cfg granttest.Config) *house {
	t.Helper()
	v := w.View(t, cfg)
	ids := idtoken.New(idtoken.Deps{
		Ring: w.Ring, Protector: v.Protector, Clients: v.Registry, KeySets: v.KeySets,
		Issuer: granttest.Issuer, Life: 10 * time.Minute, Now: w.Clock.Now,
	})
	devices := devicecode.New(w.Store, func(_ string, parts ...string) string { return keys.Digest(strings.Join(parts, ".")) }, w.Now)
	return &house{View: v, devices: devices, endpoint: token.New(token.Deps{
		Clients: v.Authenticator, Grants: v.Grants, IDTokens: ids, Resources: v.Resources, Respond: v.Respond, Now: w.Clock.Now,
		Devices: devices, DeviceBudgets: devicecode.NewBudgets(w.Now, 1_000, nil),
		Trail:  v.Told.Trail(),
		Proofs: w.Proofs, URLs: []string{granttest.Issuer + "/token"},
	})}
}

func standard(t testing.TB) *house { return open(t, granttest.New(t), granttest.Standard()) }

// answer is what the endpoint said.
type answer struct {
	Status int
	Header http.Header
	Body   string
	JSON   struct {
		AccessToken  string  `json:"access_token"`
		TokenType    string  `json:"token_type"`
		ExpiresIn    int     `json:"expires_in"`
		Scope        *string `json:"scope"`
		RefreshToken string  `json:"refresh_token"`
		IDToken      string  `json:"id_token"`
		Error        string  `json:"error"`
	}
}

func (h *house) do(t testing.TB, r *http.Request) answer {
	t.Helper()
	rec := httptest.NewRecorder()
	h.endpoint.ServeHTTP(rec, r)
	res := rec.Result()
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{Status: res.StatusCode, Header: res.Header, Body: string(body)}
	if err := json.Unmarshal(body, &a.JSON); err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	if res.Header.Get("Cache-Control") != "no-store" && res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("Cache-Control %q", res.Header.Get("Cache-Control"))
	}
	return a
}

// post asks as a client that authenticates as it should: with Basic, or with its client_id if it is public.
func (h *house) post(t testing.TB, clientID string, form url.Values) answer {
	t.Helper()
	public := clientID == "cli"
	if public {
		form.Set("client_id", clientID)
	}
	r := request(form)
	if !public {
		r.SetBasicAuth(clientID, url.QueryEscape(granttest.Secret))
	}
	return h.do(t, r)
}

func request(form url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, granttest.Issuer+"/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func (h *house) code(t testing.TB, clientID, scopes string, req grant.CodeRequest) string {
	t.Helper()
	return h.Authorize(t, h.Granting(t, h.SignIn(t, "alice"), clientID, scopes), req)
}

func codeForm(code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {granttest.Redirect}}
}

func refreshForm(token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
}

func TestSharedPhasesComeBeforeEveryGrantType(t *testing.T) {
	h := standard(t)
	basic := func(r *http.Request) *http.Request {
		r.SetBasicAuth("web", url.QueryEscape(granttest.Secret))
		return r
	}
	for _, grantType := range []string{"authorization_code", "refresh_token", "client_credentials", oauth.GrantDeviceCode} {
		form := func(more ...string) url.Values {
			v := url.Values{"grant_type": {grantType}, "code": {"c"}, "refresh_token": {"r"}}
			for i := 0; i < len(more); i += 2 {
				v.Add(more[i], more[i+1])
			}
			return v
		}
		changed := func(change func(r *http.Request)) *http.Request {
			r := basic(request(form()))
			change(r)
			return r
		}
		for _, test := range []struct {
			name   string
			r      *http.Request
			status int
			code   string
		}{
			{"no client", request(form()), 401, "invalid_client"},
			{"wrong secret", changed(func(r *http.Request) { r.SetBasicAuth("web", "wrong") }), 401, "invalid_client"},
			{"unknown client", changed(func(r *http.Request) { r.SetBasicAuth("nobody", "wrong") }), 401, "invalid_client"},
			{"GET", changed(func(r *http.Request) { r.Method = http.MethodGet }), 405, "invalid_request"},
			{"HEAD", changed(func(r *http.Request) { r.Method = http.MethodHead }), 405, "invalid_request"},
			{"PUT", changed(func(r *http.Request) { r.Method = http.MethodPut }), 405, "invalid_request"},
			{"JSON", changed(func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }), 400, "invalid_request"},
			{"no content type", changed(func(r *http.Request) { r.Header.Del("Content-Type") }), 400, "invalid_request"},
			{"a parameter in the query", changed(func(r *http.Request) { r.URL.RawQuery = "scope=x" }), 400, "invalid_request"},
			{"too large", basic(request(form("state", strings.Repeat("x", 64<<10)))), 400, "invalid_request"},
			{"a repeated parameter", basic(request(form("scope", "a", "scope", "b"))), 400, "invalid_request"},
			{"a repeated grant_type", basic(request(form("grant_type", "password"))), 400, "invalid_request"},
			{"two methods of authentication", basic(request(form("client_secret", "x"))), 400, "invalid_request"},
		} {
			t.Run(grantType+"/"+test.name, func(t *testing.T) {
				got := h.do(t, test.r)
				if got.Status != test.status || got.JSON.Error != test.code {
					t.Errorf("%d %s", got.Status, got.Body)
				}
			})
		}
	}
}

func TestGrantTypesByClient(t *testing.T) {
	h := standard(t)
	for _, test := range []struct {
		client, grantType, code string
	}{
		{"web", "", "invalid_request"},
		{"web", "client_credentials", "unauthorized_client"},
		{"worker", "authorization_code", "unauthorized_client"},
		{"worker", "refresh_token", "unauthorized_client"},
		{"web", "password", "unsupported_grant_type"}, // TestMust028: it does not exist
		{"web", "implicit", "unsupported_grant_type"},
		{"web", "AUTHORIZATION_CODE", "unsupported_grant_type"},
		{"web", "urn:ietf:params:oauth:grant-type:token-exchange", "unsupported_grant_type"}, // TestThreat023
		{"web", "authorization_code", "invalid_request"},
		{"web", "refresh_token", "invalid_request"},
	} {
		got := h.post(t, test.client, url.Values{"grant_type": {test.grantType}, "username": {"alice"}, "password": {"x"}})
		if got.Status != http.StatusBadRequest || got.JSON.Error != test.code {
			t.Errorf("%s, %q: %d %s", test.client, test.grantType, got.Status, got.Body)
		}
	}
}

func TestWhatRealClientsSend(t *testing.T) {
	h := standard(t)
	form := codeForm(h.code(t, "web", "openid profile email", grant.CodeRequest{Nonce: "n-1"}))
	form.Set("client_id", "web") // beside Basic, with a stray state
	form.Set("state", "stray")
	got := h.post(t, "web", form)
	if got.Status != http.StatusOK {
		t.Fatal(got.Body)
	}
	if got.JSON.TokenType != "Bearer" || got.JSON.ExpiresIn != 3600 || got.JSON.Scope == nil || *got.JSON.Scope != "openid profile email" ||
		got.JSON.RefreshToken != "" || got.JSON.IDToken == "" || got.Header.Get("Pragma") != "no-cache" {
		t.Error(got.Body)
	}
	form = codeForm(h.code(t, "web", "openid", grant.CodeRequest{}))
	form.Set("client_id", "web")
	form.Set("client_secret", granttest.Secret)
	if got := h.do(t, request(form)); got.Status != http.StatusOK {
		t.Error(got.Body)
	}
}

func TestScopeIsAlwaysInTheAnswer(t *testing.T) {
	h := standard(t)
	g := h.Granting(t, h.SignIn(t, "alice"), "web", "")
	got := h.post(t, "web", codeForm(h.Authorize(t, g, grant.CodeRequest{})))
	if got.JSON.Scope == nil || *got.JSON.Scope != "" || got.JSON.IDToken != "" {
		t.Error(got.Body)
	}
}

// idClaims reads an ID token by the provider's own keys.
func (h *house) idClaims(t testing.TB, jws string) map[string]any {
	t.Helper()
	payload, _, err := h.Ring.Verify(t.Context(), jws, "")
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

var _ http.Handler = (*token.Endpoint)(nil)

var allScopes = oauth.Scopes{"openid", "offline_access", "api:read"}.String()
