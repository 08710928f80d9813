package guard

import (
	"net/http"
	"strings"
	"testing"
)

// guardedProxy is a whole site behind a guard that names two headers.
func guardedProxy(t testing.TB, provider *fakeProvider, globals string, answer http.HandlerFunc) (string, *proxied) {
	up := newProxied(t, answer)
	return runSite(t, provider, globals, `
	openid_guard main {
		audience `+testAudience+`
		scopes orders:read
		public /pub/* /health
		preflight
		header X-Auth-Sub sub
		header X-Client-Id client_id
	}
	reverse_proxy `+up.address()+`
`), up
}

func diana() *fakeProvider {
	provider := newFakeProvider()
	provider.give("good", person("diana", "orders:read"))
	provider.give("service", service("orders:read"))
	return provider
}

func TestThreat067_ConnectionTokenCannotStripOurHeader(t *testing.T) {
	address, up := guardedProxy(t, diana(), "", nil)
	for _, connection := range []string{
		"X-Auth-Sub", "x-auth-sub", "X-AUTH-SUB", "close, X-Auth-Sub", "keep-alive,x-auth-sub , close",
		"X-Auth-Sub\nConnection: X-Client-Id",
	} {
		response := raw(t, address, "GET /orders HTTP/1.1\nHost: api.example.com\nAuthorization: Bearer good\nConnection: "+connection+"\n\n")
		got := up.take()
		if response.StatusCode != http.StatusOK || len(got) != 1 {
			t.Fatalf("Connection %q: status %d, %d hits", connection, response.StatusCode, len(got))
		}
		if got[0].header.Get("X-Auth-Sub") != "diana" || got[0].header.Get("X-Client-Id") != "web" {
			t.Errorf("Connection %q: upstream saw %v", connection, got[0].header)
		}
	}
}

func TestThreat066_AliasesNeverReachTheUpstream(t *testing.T) {
	// Caddy drops such names by itself unless a server expects them; here it does.
	globals := `servers {
		expected_underscore_headers X_Auth_Sub x_client_id
		expected_dot_headers X.Auth.Sub
	}`
	address, up := guardedProxy(t, diana(), globals, nil)
	for _, path := range []string{"/orders", "/pub/page"} {
		for _, alias := range []string{"X.Auth.Sub", "X_Auth_Sub", "x_auth_sub", "X_Auth-Sub", "X-Auth.Sub", "X_Client_Id", "X!Auth~Sub"} {
			raw(t, address, "GET "+path+" HTTP/1.1\nHost: api.example.com\nAuthorization: Bearer good\nConnection: close\n"+alias+": evil\n\n")
			got := up.take()
			if len(got) != 1 {
				t.Fatalf("%s %s: %d hits", path, alias, len(got))
			}
			for name, values := range got[0].header {
				if strings.Join(values, "") == "evil" {
					t.Errorf("%s: %s reached the upstream as %s", path, alias, name)
				}
			}
		}
	}
}

func TestThreat068_TrailersCarryNoIdentity(t *testing.T) {
	address, up := guardedProxy(t, diana(), "", nil)
	for name, test := range map[string]struct{ announced, trailers string }{
		"announced":            {"X-Auth-Sub", "X-Auth-Sub: evil\n"},
		"announced with other": {"X-Sum, X-Auth-Sub", "X-Sum: 1\nX-Auth-Sub: evil\n"},
		"other announced":      {"X-Sum", "X-Sum: 1\nX-Auth-Sub: evil\nx_auth_sub: evil\n"},
		"nothing announced":    {"", "X-Auth-Sub: evil\n"},
		"alias announced":      {"X_Auth_Sub, X-Sum", "X_Auth_Sub: evil\nX-Sum: 1\n"},
		"credentials":          {"Authorization, X-Sum", "Authorization: evil\nX-Sum: 1\n"},
	} {
		for _, path := range []string{"/orders", "/pub/upload"} {
			head := "POST " + path + " HTTP/1.1\nHost: api.example.com\nAuthorization: Bearer good\nConnection: close\nTransfer-Encoding: chunked\n"
			if test.announced != "" {
				head += "Trailer: " + test.announced + "\n"
			}
			response := raw(t, address, head+"\n3\nabc\n0\n"+test.trailers+"\n")
			got := up.take()
			if response.StatusCode != http.StatusOK || len(got) != 1 {
				t.Fatalf("%s: status %d, %d hits", name, response.StatusCode, len(got))
			}
			for trailer, values := range got[0].trailer {
				if strings.Contains(strings.Join(values, ""), "evil") {
					t.Errorf("%s on %s: trailer %s reached the upstream", name, path, trailer)
				}
			}
			if strings.Contains(test.announced, "X-Sum") && got[0].trailer.Get("X-Sum") != "1" {
				t.Errorf("%s on %s: an honest trailer was lost: %v", name, path, got[0].trailer)
			}
		}
	}
}

func TestMust066_TwoAuthorizationHeaders(t *testing.T) {
	address, up := guardedProxy(t, diana(), "", nil)
	for _, path := range []string{"/orders", "/pub/page"} {
		response := raw(t, address, "GET "+path+" HTTP/1.1\nHost: api.example.com\nConnection: close\nAuthorization: Bearer good\nAuthorization: Bearer good\n\n")
		if response.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: status %d", path, response.StatusCode)
		}
	}
	if hits := up.take(); len(hits) != 0 {
		t.Errorf("%d hits", len(hits))
	}
}

// The paths that a matcher misses, as they arrive on the wire. All are ambiguous, or simply guarded.
var escapes = []string{
	"/admin;a=b/x", "/admin%3Ba=b/x", "/admin%5cx", "/admin%5Cx", `/admin\x`, "/admin%00/x", "/pub/..;/admin/x",
	"/pub/../admin/x", "/pub/%2e%2e/admin/x", "/pub/.%2E/admin", "/pub/./x", "/admin%252fx", "/admin%2fx",
	"/pub/%2Fadmin", "/pub/..%2fadmin", "/admin%3fx", "/admin%23x", "/pub//admin", "//admin", "//evil.example/admin",
	"/pub/%c0%ae%c0%ae/admin", "/pub/%ef%bc%8e%ef%bc%8e/admin", "/pub/%e2%80%a5/admin", "/pub%ef%bc%8fadmin",
	"/pub/.../admin", "/pub/..%20/admin", "/pub/%u002e/admin", "/pub/%0d%0aadmin", "/pub/x%7f", "*",
}

func TestThreat069_AmbiguousPathsNeverReachTheUpstream(t *testing.T) {
	address, up := guardedProxy(t, diana(), "", nil)
	for _, target := range escapes {
		for _, credentials := range []string{"", "Authorization: Bearer good\n"} {
			response := raw(t, address, "GET "+target+" HTTP/1.1\nHost: api.example.com\nConnection: close\n"+credentials+"\n")
			if response.StatusCode != http.StatusBadRequest {
				t.Errorf("%s: status %d", target, response.StatusCode)
			}
		}
	}
	if hits := up.take(); len(hits) != 0 {
		t.Errorf("%d hits: %v", len(hits), hits)
	}
}

func TestThreat069_WholeSiteIsGuardedButForWhatIsPublic(t *testing.T) {
	address, up := guardedProxy(t, diana(), "", nil)
	for _, target := range []string{"/", "/admin", "/admin/", "/health/", "/healthz", "/Health", "/pub", "/public/x", "/orders?x=/health", "/orders?/../health", "/he%61lth"} {
		response := raw(t, address, "GET "+target+" HTTP/1.1\nHost: api.example.com\nConnection: close\n\n")
		if response.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: status %d", target, response.StatusCode)
		}
	}
	if hits := up.take(); len(hits) != 0 {
		t.Errorf("%d hits", len(hits))
	}
	for target, forwarded := range map[string]string{
		"/health": "/health", "/health?x=1": "/health?x=1", "/pub/": "/pub/",
		"/pub/a/b.css": "/pub/a/b.css", "/pub/caf%C3%A9": "/pub/caf%C3%A9", "http://api.example.com/health": "/health",
	} {
		response := raw(t, address, "GET "+target+" HTTP/1.1\nHost: api.example.com\nConnection: close\n\n")
		got := up.take()
		if response.StatusCode != http.StatusOK || len(got) != 1 || got[0].uri != forwarded {
			t.Errorf("%s: status %d, upstream saw %v", target, response.StatusCode, got)
		}
	}
}

func TestMust075_UpgradeIsGuardedAndOnlyWebSocketIsOne(t *testing.T) {
	address, up := guardedProxy(t, diana(), "", nil)
	for upgrade, kept := range map[string]bool{"websocket": true, "WebSocket": true, "h2c": false, "HTTP/2.0": false, "websocket, h2c": false, "TLS/1.0": false} {
		head := " HTTP/1.1\nHost: api.example.com\nConnection: Upgrade, HTTP2-Settings\nHTTP2-Settings: AAMAAABkAAQAAP__\nUpgrade: " + upgrade + "\nX-Auth-Sub: evil\n"
		if response := raw(t, address, "GET /orders"+head+"\n"); response.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s without a token: %d", upgrade, response.StatusCode)
		}
		if hits := up.take(); len(hits) != 0 {
			t.Errorf("%s without a token: %d hits", upgrade, len(hits))
		}
		for _, path := range []string{"/orders", "/pub/x"} {
			raw(t, address, "GET "+path+head+"Authorization: Bearer good\n\n")
			got := up.take()
			if len(got) != 1 {
				t.Fatalf("%s %s: %d hits", upgrade, path, len(got))
			}
			if (got[0].header.Get("Upgrade") != "") != kept || got[0].header.Get("Http2-Settings") != "" {
				t.Errorf("%s %s: upstream saw %v", upgrade, path, got[0].header)
			}
			if sub := got[0].header.Get("X-Auth-Sub"); sub == "evil" || path == "/orders" && sub != "diana" {
				t.Errorf("%s %s: X-Auth-Sub %q", upgrade, path, sub)
			}
		}
	}
}
