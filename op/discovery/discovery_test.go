package discovery_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/discovery"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

const issuer = "https://example.com/auth"

var policy = keys.Policy{Algs: []string{keys.ES256, keys.EdDSA}, PublishAhead: time.Hour, KeepFor: time.Hour}

func newEndpoint(t *testing.T) (*discovery.Endpoint, *keys.Ring) {
	t.Helper()
	now := func() time.Time { return time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC) }
	s := memory.New(now)
	secrets, err := keys.OpenSecrets(context.Background(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keys.OpenRing(context.Background(), s, secrets, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := ring.Ensure(context.Background(), policy); err != nil {
		t.Fatal(err)
	}
	resources, err := resource.NewSet(issuer,
		[]resource.Resource{{URI: "https://api.example.com", Scopes: oauth.Scopes{"orders:read"}}},
		[]resource.Scope{{Name: "team", Claims: []string{"groups", "email"}}})
	if err != nil {
		t.Fatal(err)
	}
	return discovery.New(discovery.Deps{
		Issuer: issuer, ResponseTypes: []string{oauth.ResponseTypeCode}, IDTokenAlgs: []string{"RS256", "ES256"}, Resources: resources, Ring: ring,
		ClaimsLocales: []string{"ja-Kana-JP", "sv"},
	}), ring
}

func ask(serve http.HandlerFunc, method string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, issuer, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	serve(w, r)
	return w
}

func TestMust007_OnlyWhatIsImplementedIsAdvertised(t *testing.T) {
	e, _ := newEndpoint(t)
	w := ask(e.ServeHTTP, http.MethodGet)
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	claims := got["claims_supported"]
	delete(got, "claims_supported")
	list := func(values ...any) []any { return values }
	byKey := list("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
	signed := slices.Concat(byKey, list("HS256", "HS384", "HS512"))
	want := map[string]any{
		"issuer":                        issuer,
		"authorization_endpoint":        issuer + "/authorize",
		"token_endpoint":                issuer + "/token",
		"userinfo_endpoint":             issuer + "/userinfo",
		"jwks_uri":                      issuer + "/jwks",
		"introspection_endpoint":        issuer + "/introspect",
		"revocation_endpoint":           issuer + "/revoke",
		"end_session_endpoint":          issuer + "/end_session",
		"device_authorization_endpoint": issuer + "/device_authorization",
		"check_session_iframe":          issuer + "/check_session",
		"scopes_supported":              list("openid", "profile", "email", "address", "phone", "offline_access", "team", "orders:read"),

		"response_types_supported":     list("code"),
		"response_modes_supported":     list("query", "form_post"),
		"grant_types_supported":        list("authorization_code", "refresh_token", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code"),
		"subject_types_supported":      list("public", "pairwise"),
		"prompt_values_supported":      list("none", "login", "consent", "select_account"),
		"acr_values_supported":         list("pwd", "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"),
		"backchannel_logout_supported": true, "backchannel_logout_session_supported": true,
		"claim_types_supported":            list("normal", "aggregated", "distributed"),
		"claims_locales_supported":         list("ja-Kana-JP", "sv"),
		"display_values_supported":         list("page", "popup", "touch"),
		"code_challenge_methods_supported": list("S256"),

		"id_token_signing_alg_values_supported":    list("RS256", "ES256", "HS256", "HS384", "HS512", "none"),
		"id_token_encryption_alg_values_supported": list("RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW"),
		"id_token_encryption_enc_values_supported": list("A128CBC-HS256", "A256GCM"),
		"userinfo_signing_alg_values_supported":    list("RS256", "ES256", "HS256", "HS384", "HS512", "none"),
		"userinfo_encryption_alg_values_supported": list("RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW"),
		"userinfo_encryption_enc_values_supported": list("A128CBC-HS256", "A256GCM"),

		"introspection_signing_alg_values_supported":    list("RS256", "ES256"),
		"introspection_encryption_alg_values_supported": list("RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW"),
		"introspection_encryption_enc_values_supported": list("A128CBC-HS256", "A256GCM"),

		"token_endpoint_auth_methods_supported":         list("client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"),
		"introspection_endpoint_auth_methods_supported": list("client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"),
		"revocation_endpoint_auth_methods_supported":    list("client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"),

		"token_endpoint_auth_signing_alg_values_supported":         signed,
		"introspection_endpoint_auth_signing_alg_values_supported": signed,
		"revocation_endpoint_auth_signing_alg_values_supported":    signed,
		"request_object_signing_alg_values_supported":              byKey,

		"dpop_signing_alg_values_supported": list("ES256", "EdDSA", "ES384", "PS256", "RS256"),

		"authorization_response_iss_parameter_supported": true,
		"claims_parameter_supported":                     true,
		"request_parameter_supported":                    true,
		"request_uri_parameter_supported":                true,
		"require_request_uri_registration":               true,

		"frontchannel_logout_supported":         true,
		"frontchannel_logout_session_supported": true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	all, _ := claims.([]any)
	for _, name := range []string{"sub", "iss", "auth_time", "acr", "amr", "name", "email", "address", "phone_number", "groups"} {
		if !slices.Contains(all, any(name)) {
			t.Errorf("claims_supported lacks %s", name)
		}
	}
	if once := slices.Compact(slices.Sorted(slices.Values(texts(all)))); len(once) != len(all) {
		t.Errorf("claims_supported repeats itself: %v", all)
	}
}

func texts(values []any) []string {
	var all []string
	for _, v := range values {
		text, _ := v.(string)
		all = append(all, text)
	}
	return all
}

func TestJWKS(t *testing.T) {
	e, ring := newEndpoint(t)
	w := ask(e.JWKS, http.MethodGet)
	body, maxAge := ring.JWKS()
	if w.Body.String() != string(body) {
		t.Error("the document is not the ring's")
	}
	if want := "public, max-age=" + "900"; maxAge != 15*time.Minute || w.Header().Get("Cache-Control") != want {
		t.Errorf("Cache-Control = %q, the ring says %v", w.Header().Get("Cache-Control"), maxAge)
	}
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal(w.Body.Bytes(), &set); err != nil || len(set.Keys) != 2 {
		t.Fatalf("keys = %v, %v", set.Keys, err)
	}
	for _, key := range set.Keys {
		for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "k", "oth"} {
			if _, has := key[private]; has {
				t.Errorf("TestMust045: a private member %s", private)
			}
		}
	}
	first := w.Header().Get("ETag")
	if err := ring.RotateNow(context.Background(), policy); err != nil {
		t.Fatal(err)
	}
	after := ask(e.JWKS, http.MethodGet, "If-None-Match", first)
	if after.Code != http.StatusOK || after.Header().Get("ETag") == first || after.Body.Len() <= len(body) {
		t.Errorf("after a rotation: %d, ETag %s", after.Code, after.Header().Get("ETag"))
	}
}

func TestManners(t *testing.T) {
	e, _ := newEndpoint(t)
	for name, serve := range map[string]http.HandlerFunc{"metadata": e.ServeHTTP, "jwks": e.JWKS} {
		t.Run(name, func(t *testing.T) {
			get := ask(serve, http.MethodGet)
			h := get.Header()
			etag := h.Get("ETag")
			if get.Code != http.StatusOK || h.Get("Content-Type") != "application/json" || !strings.HasPrefix(h.Get("Cache-Control"), "public, max-age=") || len(etag) < 10 {
				t.Errorf("%d %v", get.Code, h)
			}
			if h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("TestThreat100: CORS headers %v", h)
			}
			head := ask(serve, http.MethodHead)
			if head.Code != http.StatusOK || head.Body.Len() != 0 || head.Header().Get("Content-Length") != h.Get("Content-Length") {
				t.Errorf("HEAD: %d, %d bytes, %v", head.Code, head.Body.Len(), head.Header())
			}
			for _, match := range []string{etag, "W/" + etag, `"other", ` + etag, "*"} {
				if got := ask(serve, http.MethodGet, "If-None-Match", match); got.Code != http.StatusNotModified || got.Body.Len() != 0 || got.Header().Get("ETag") != etag {
					t.Errorf("If-None-Match %s: %d", match, got.Code)
				}
			}
			for _, match := range []string{"", `"other"`, etag[:len(etag)-2] + `"`} {
				if got := ask(serve, http.MethodGet, "If-None-Match", match); got.Code != http.StatusOK {
					t.Errorf("If-None-Match %s: %d", match, got.Code)
				}
			}
			for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodTrace} {
				if got := ask(serve, method); got.Code != http.StatusMethodNotAllowed || got.Header().Get("Allow") != "GET, HEAD" {
					t.Errorf("%s: %d", method, got.Code)
				}
			}
		})
	}
}

func TestThreat073_NothingOfTheRequestIsInTheDocument(t *testing.T) {
	e, _ := newEndpoint(t)
	plain := ask(e.ServeHTTP, http.MethodGet).Body.String()
	r := httptest.NewRequest(http.MethodGet, "http://evil.example/x?issuer=https://evil.example", nil)
	for _, name := range []string{"X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Original-URL"} {
		r.Header.Set(name, "evil.example")
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	if w.Body.String() != plain {
		t.Error("the document depends on the request")
	}
}

func TestPaths(t *testing.T) {
	for path, want := range map[string][]string{
		"":  {"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"},
		"/": {"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"},
		"/auth": {
			"/auth/.well-known/openid-configuration", "/.well-known/openid-configuration/auth",
			"/.well-known/oauth-authorization-server/auth", "/auth/.well-known/oauth-authorization-server",
		},
	} {
		if diff := cmp.Diff(want, discovery.Paths(path)); diff != "" {
			t.Errorf("Paths(%q):\n%s", path, diff)
		}
	}
}

func BenchmarkJWKS(b *testing.B) {
	now := time.Now
	s := memory.New(now)
	secrets, err := keys.OpenSecrets(b.Context(), s, nil)
	if err != nil {
		b.Fatal(err)
	}
	ring, err := keys.OpenRing(b.Context(), s, secrets, now)
	if err == nil {
		err = ring.Ensure(b.Context(), policy)
	}
	if err != nil {
		b.Fatal(err)
	}
	resources, err := resource.NewSet(issuer, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	e := discovery.New(discovery.Deps{Issuer: issuer, Resources: resources, Ring: ring})
	r := httptest.NewRequest(http.MethodGet, issuer+"/jwks", nil)
	b.ReportAllocs()
	for b.Loop() {
		e.JWKS(&discard{header: http.Header{}}, r)
	}
}

type discard struct{ header http.Header }

func (d *discard) Header() http.Header       { return d.header }
func (*discard) Write(b []byte) (int, error) { return len(b), nil }
func (*discard) WriteHeader(int)             {}
