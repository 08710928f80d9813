package discovery_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/discovery"
	"github.com/seed-5b16f944/gatehouse/op/resource"
)

const tells = discovery.ProtectedResourcePath

func TestProtectedResourceURL(t *testing.T) {
	for uri, want := range map[string]string{
		"https://api.example.com":         "https://api.example.com" + tells,
		"https://api.example.com/":        "https://api.example.com" + tells,
		"https://api.example.com/mcp":     "https://api.example.com" + tells + "/mcp",
		"https://api.example.com/mcp/":    "https://api.example.com" + tells + "/mcp/",
		"https://api.example.com:8443/a":  "https://api.example.com:8443" + tells + "/a",
		"https://api.example.com/a%20b/c": "https://api.example.com" + tells + "/a%20b/c",
		"https://api.example.com/a?of=b":  "https://api.example.com" + tells + "/a?of=b",
		"https://api.example.com/?of=b":   "https://api.example.com" + tells + "?of=b",
		"http://[::1]:9000/mcp":           "http://[::1]:9000" + tells + "/mcp",
		"urn:example:orders":              "",
		"ftp://api.example.com/x":         "",
		"api.example.com":                 "",
		"https://%zz":                     "",
		"":                                "",
	} {
		if got := discovery.ProtectedResourceURL(uri); got != want {
			t.Errorf("%s: %q, want %q", uri, got, want)
		}
	}
}

// told is the resource that is told of at a place, "" for none.
func told(t *testing.T, all *discovery.ProtectedResources, host, path, query string) string {
	t.Helper()
	serve, found := all.Find(host, path, query)
	if !found {
		return ""
	}
	w := httptest.NewRecorder()
	serve.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	var document struct {
		Resource string `json:"resource"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &document); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d, %v", w.Code, err)
	}
	return document.Resource
}

func TestEveryResourceTellsOfItselfAtItsOwnPlace(t *testing.T) {
	all := discovery.NewProtectedResources(issuer, []resource.Resource{
		{URI: "https://api.example.com"},
		{URI: "https://api.example.com/v1"},
		{URI: "https://api.example.com/v1?of=b"},
		{URI: "HTTPS://MCP.example.com:443/mcp"},
		{URI: "https://two.example.com/a"},
		{URI: "https://two.example.com/b/"},
		{URI: "https://slash.example.com/"},
		{URI: "https://two.example.com:8443/a b"},
		{URI: "urn:example:orders"},
	})
	for _, test := range []struct{ host, path, query, want string }{
		{"api.example.com", tells, "", "https://api.example.com"},
		{"API.Example.com.", tells, "x=y", "https://api.example.com"},
		{"api.example.com:443", tells + "/v1", "", "https://api.example.com/v1"},
		{"api.example.com", tells + "/v1", "of=b", "https://api.example.com/v1?of=b"},
		{"api.example.com", tells + "/v1", "of=c", "https://api.example.com/v1"},
		{"api.example.com", tells + "/v1/", "", ""},
		{"api.example.com", tells + "/v2", "", ""},
		{"api.example.com", "/v1" + tells, "", ""},
		{"api.example.com", "/.well-known/openid-configuration", "", ""},
		{"api.example.com:8443", tells, "", ""},
		{"mcp.example.com", tells + "/mcp", "", "HTTPS://MCP.example.com:443/mcp"},
		{"mcp.example.com", tells, "", "HTTPS://MCP.example.com:443/mcp"}, // the only one there
		{"two.example.com", tells + "/a", "", "https://two.example.com/a"},
		{"two.example.com", tells + "/b/", "", "https://two.example.com/b/"},
		{"two.example.com", tells, "", ""},
		{"slash.example.com", tells, "", "https://slash.example.com/"},
		{"slash.example.com", tells + "/", "", ""},
		{"evil.example.com", tells, "", ""},
		{"", tells, "", ""},
	} {
		if got := told(t, all, test.host, test.path, test.query); got != test.want {
			t.Errorf("%s%s?%s: %q, want %q", test.host, test.path, test.query, got, test.want)
		}
	}
}

func TestMust007_AResourceTellsWhatIsSo(t *testing.T) {
	all := discovery.NewProtectedResources(issuer, []resource.Resource{
		{URI: "https://api.example.com", Name: "Orders", Scopes: []string{"orders:read", "orders:write"}, DefaultScopes: []string{"orders:read"}, Clients: []string{"web"}},
		{URI: "https://bare.example.com"},
		{URI: "https://bound.example.com", Bound: resource.Bound{DPoP: true, DPoPRequired: true, Certificate: true}},
	})
	for host, want := range map[string]string{
		"api.example.com": `{"resource":"https://api.example.com","authorization_servers":["https://example.com/auth"],` +
			`"scopes_supported":["orders:read","orders:write"],"bearer_methods_supported":["header"],"resource_name":"Orders"}`,
		"bare.example.com": `{"resource":"https://bare.example.com","authorization_servers":["https://example.com/auth"],"bearer_methods_supported":["header"]}`,
		"bound.example.com": `{"resource":"https://bound.example.com","authorization_servers":["https://example.com/auth"],"bearer_methods_supported":["header"],` +
			`"dpop_signing_alg_values_supported":["ES256","EdDSA","ES384","PS256","RS256"],"dpop_bound_access_tokens_required":true,"tls_client_certificate_bound_access_tokens":true}`,
	} {
		serve, found := all.Find(host, tells, "")
		if !found {
			t.Fatalf("%s tells nothing", host)
		}
		w := ask(serve.ServeHTTP, http.MethodGet)
		if diff := cmp.Diff(want, w.Body.String()); diff != "" {
			t.Error(diff)
		}
		header := map[string]string{
			"Content-Type": "application/json", "Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff",
		}
		for name, value := range header {
			if got := w.Header().Get(name); got != value {
				t.Errorf("%s: %q", name, got)
			}
		}
		if again := ask(serve.ServeHTTP, http.MethodGet, "If-None-Match", w.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("a known document is sent again: %d", again.Code)
		}
		if head := ask(serve.ServeHTTP, http.MethodHead); head.Code != http.StatusOK || head.Body.Len() > 0 || head.Header().Get("Content-Length") != w.Header().Get("Content-Length") {
			t.Errorf("HEAD: %d, %d bytes", head.Code, head.Body.Len())
		}
		if preflight := ask(serve.ServeHTTP, http.MethodOptions, "Origin", "https://app.example", "Access-Control-Request-Method", "GET"); preflight.Code != http.StatusNoContent {
			t.Errorf("a preflight: %d", preflight.Code)
		}
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, "TRACE"} {
			if got := ask(serve.ServeHTTP, method); got.Code != http.StatusMethodNotAllowed || strings.Contains(got.Body.String(), "resource\"") {
				t.Errorf("%s: %d", method, got.Code)
			}
		}
	}
}
