package flow

import (
	"strings"
	"testing"
)

// ambiguous are paths that two servers could read as two resources; the first ones are those that the
// matcher `path /admin/*` misses.
var ambiguous = []string{
	"/admin;a=b/x", "/admin%5cx", "/admin\\x", "/admin%00/x", "/pub/..;/admin/x", "/admin%252fx", "/admin%3fx", "*",
	"/health/../admin", "/health/%2e%2e/admin", "/assets/..%2fadmin", "/assets/%2e%2e%2fadmin", "/assets/..%5cadmin", "/assets/%2E%2E;/admin",
	"//admin", "/admin//x", "/./admin", "/health;x", "/health%3bx", "/health%23x", "/health%25", "/health%0a", "/health%7f", "/assets/%ef%bc%8fadmin",
	"/assets/%e2%80%a5/admin", "/assets/%c0%af", "/assets/. ./admin", "/assets/%2e%2e%20/admin", "/assets/.%20/admin",
}

func TestThreat069_APathWithTwoReadingsIsRefused(t *testing.T) {
	h := shared(t)
	token := h.person(t)
	for _, path := range ambiguous {
		for _, method := range []string{"GET", "POST", "OPTIONS"} {
			h.up.untouched(t, method+" "+path, func() {
				got := h.raw(t, method+" "+path+" HTTP/1.1", h.authorized(token, "Content-Length: 0"), "")
				// OPTIONS * asks about the server and not about a path: net/http answers it.
				if got.status != 400 && got.status != 0 && (method != "OPTIONS" || path != "*") {
					t.Errorf("%s %s: %d", method, path, got.status)
				}
			})
		}
	}
}

// What reaches the upstream reaches it as it was judged.
func TestMust073_ThePathThatIsJudgedIsThePathThatArrives(t *testing.T) {
	h := shared(t)
	token := h.person(t)
	for _, path := range []string{"/orders", "/admin", "/admin/", "/a%20b", "/caf%C3%A9", "/a+b", "/a:b@c", "/a,b", "/orders?x=%2f..%2f&y=;", "/~x/(y)"} {
		if got := h.raw(t, "GET "+path+" HTTP/1.1", h.authorized(token), ""); got.status != 200 {
			t.Errorf("%s: %d", path, got.status)
			continue
		}
		if at := h.up.last(t); at.Target != path {
			t.Errorf("%s arrived as %s", path, at.Target)
		}
	}
}

func TestMust074_PublicIsExactAndNothingMore(t *testing.T) {
	h := shared(t)
	for path, status := range map[string]int{
		"/health": 200, "/health?x=/admin": 200, "/assets/": 200, "/assets/a/b.css": 200,
		"/health/": 401, "/health/x": 401, "/Health": 401, "/healthx": 401, "/assets": 401, "/assetsx/y": 401, "/orders?/health": 401,
		"/x/health": 401, "/%68ealth": 401, "/health%2f": 400, "/admin": 401, "/": 401,
	} {
		before := h.up.hits()
		got := h.raw(t, "GET "+path+" HTTP/1.1", raw{"Host: " + h.host(h.api)}, "")
		if got.status != status || (h.up.hits() != before) != (status == 200) {
			t.Errorf("%s: %d and %d hits, want %d", path, got.status, h.up.hits()-before, status)
		}
	}
	for _, method := range []string{"HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		if got := h.raw(t, method+" /health HTTP/1.1", raw{"Host: " + h.host(h.api), "Content-Length: 0"}, ""); got.status != 200 {
			t.Errorf("%s: %d", method, got.status)
		}
	}
	for _, method := range []string{"TRACE", "PROPFIND", "get", "FOO", "CONNECT"} {
		h.up.untouched(t, method, func() {
			if got := h.raw(t, method+" /health HTTP/1.1", raw{"Host: " + h.host(h.api)}, ""); got.status == 200 {
				t.Errorf("%s is public: %d", method, got.status)
			}
		})
	}
	// A public path is no way around: neither by headers that speak of another path, nor by a preflight.
	for _, header := range []string{"X-Original-URL: /health", "X-Rewrite-URL: /health", "X-HTTP-Method-Override: OPTIONS", "Script-Name: /orders", "User-Agent: kube-probe/1.30", "X-Forwarded-Uri: /health"} {
		h.up.untouched(t, header, func() {
			if got := h.raw(t, "GET /orders HTTP/1.1", raw{"Host: " + h.host(h.api), header}, ""); got.status != 401 {
				t.Errorf("%s: %d", header, got.status)
			}
		})
	}
	h.up.untouched(t, "a preflight", func() {
		got := h.raw(t, "OPTIONS /orders HTTP/1.1", raw{"Host: " + h.host(h.api), "Origin: https://evil.example", "Access-Control-Request-Method: GET"}, "")
		if got.status != 401 {
			t.Errorf("a preflight: %d", got.status)
		}
	})
}

func TestRequestsThatNoLibraryWouldSend(t *testing.T) {
	h := shared(t)
	token := h.person(t)
	host := h.host(h.api)
	for _, test := range []struct {
		name, line string
		header     raw
		body       string
		status     []int // 0 is a closed connection
	}{
		{"the absolute form, of another host", "GET https://elsewhere.example/orders HTTP/1.1", h.authorized(token), "", []int{0, 200, 400, 404}},
		{"the absolute form, with an ambiguous path", "GET https://" + host + "/health/..;/orders HTTP/1.1", h.authorized(token), "", []int{400}},
		{"the absolute form, with a user", "GET https://x@" + host + "/health/../orders HTTP/1.1", h.authorized(token), "", []int{0, 400}},
		{"two hosts", "GET /orders HTTP/1.1", append(h.authorized(token), "Host: elsewhere.example"), "", []int{0, 400}},
		{"no host", "GET /orders HTTP/1.1", raw{"Authorization: Bearer " + token}, "", []int{0, 400}},
		{"CONNECT", "CONNECT " + host + " HTTP/1.1", h.authorized(token), "", []int{0, 400, 404, 405}},
		{"a path without its slash", "GET orders HTTP/1.1", h.authorized(token), "", []int{0, 400}},
		{"a blank before the colon", "GET /orders HTTP/1.1", raw{"Host: " + host, "Authorization : Bearer " + token}, "", []int{0, 400}},
		{"a folded header", "GET /orders HTTP/1.1", raw{"Host: " + host, "Authorization:", " Bearer " + token}, "", []int{0, 200, 400}},
		{"both ways to end a body", "POST /orders HTTP/1.1", h.authorized("none", "Content-Length: 4", "Transfer-Encoding: chunked"), "0\r\n\r\nGET /orders HTTP/1.1\r\n\r\n", []int{0, 400, 401}},
		{"two lengths", "POST /orders HTTP/1.1", h.authorized(token, "Content-Length: 4", "Content-Length: 5"), "body!", []int{0, 400}},
		{"a NUL in a header", "GET /orders HTTP/1.1", h.authorized(token, "X-A: a\x00b"), "", []int{0, 400}},
		{"an upgrade to h2c", "GET /orders HTTP/1.1", raw{"Host: " + host, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"}, "", []int{401}},
	} {
		before := h.up.hits()
		got := h.raw(t, test.line, test.header, test.body)
		good := false
		for _, status := range test.status {
			good = good || status == got.status
		}
		if !good {
			t.Errorf("%s: %d", test.name, got.status)
		}
		if h.up.hits() == before {
			continue
		}
		if got.status != 200 {
			t.Errorf("%s: refused with %d, and the upstream was asked", test.name, got.status)
		}
		ofDiana(t, test.name, h.up.last(t).Header)
		if at := h.up.last(t); !strings.HasSuffix(at.Target, "/orders") {
			t.Errorf("%s: arrived at %s", test.name, at.Target)
		}
	}
}
