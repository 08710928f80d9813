package guard

import (
	"net/http"
	"testing"
)

func TestMust074_PublicIsMethodAndPath(t *testing.T) {
	g := ordersGuard(t, diana())
	for method, open := range map[string]bool{
		"GET": true, "HEAD": true, "POST": true, "PUT": true, "PATCH": true, "DELETE": true, "OPTIONS": true,
		"TRACE": false, "PROPFIND": false, "get": false, "GETX": false, "": false, "PURGE": false, "LINK": false,
	} {
		for _, target := range []string{"/health", "/assets/app.css"} {
			r, _ := request("GET", target, nil)
			r.Method = method
			var up upstream
			status, _ := serve(g, r, &up)
			if open && (status != http.StatusNoContent || up.hits.Load() != 1) {
				t.Errorf("%s %s: %d", method, target, status)
			}
			if !open && (status != http.StatusUnauthorized || up.hits.Load() != 0) {
				t.Errorf("%s %s: %d, %d hits", method, target, status, up.hits.Load())
			}
		}
	}
}

func TestPublicPathsAskNobody(t *testing.T) {
	provider := diana()
	for _, authorization := range []string{"Bearer good", "Bearer nobody", "Bearer", "Basic YTpi"} {
		r, _ := request("GET", "/health", http.Header{"Authorization": {authorization}, "X-User-Id": {"evil"}})
		var up upstream
		if status, _ := serve(ordersGuard(t, provider), r, &up); status != http.StatusNoContent {
			t.Errorf("%s: %d", authorization, status)
		}
		if up.last.Header.Get("X-User-Id") != "" || up.last.Header.Get("Authorization") != "" {
			t.Errorf("%s: upstream saw %v", authorization, up.last.Header)
		}
	}
	if provider.asked.Load() != 0 {
		t.Error("the provider was asked about a public path")
	}
}

func preflight() http.Header {
	return http.Header{
		"Origin": {"https://app.example.com"}, "Access-Control-Request-Method": {"PUT"},
		"Access-Control-Request-Headers": {"authorization"},
	}
}

func TestMust074_PreflightPassesOnlyWhenAskedFor(t *testing.T) {
	r, _ := request("OPTIONS", "/orders", preflight())
	refused(t, ordersGuard(t, diana()), r, http.StatusUnauthorized)

	open := assembled(t, Guard{Preflight: true, Headers: map[string]string{"X-User-Id": "sub"}}, diana())
	header := preflight()
	header["X-User-Id"] = []string{"evil"}
	r, _ = request("OPTIONS", "/orders", header)
	var up upstream
	if status, _ := serve(open, r, &up); status != http.StatusNoContent || up.last.Header.Get("X-User-Id") != "" {
		t.Errorf("status %d, upstream saw %v", status, up.last.Header)
	}
}

func TestMust074_OnlyATruePreflightIsOne(t *testing.T) {
	open := assembled(t, Guard{Preflight: true}, diana())
	for name, change := range map[string]func(*http.Request){
		"another method":         func(r *http.Request) { r.Method = http.MethodGet },
		"lower case method":      func(r *http.Request) { r.Method = "options" },
		"no Origin":              func(r *http.Request) { r.Header.Del("Origin") },
		"empty Origin":           func(r *http.Request) { r.Header.Set("Origin", "") },
		"two Origins":            func(r *http.Request) { r.Header.Add("Origin", "https://b.example") },
		"no requested method":    func(r *http.Request) { r.Header.Del("Access-Control-Request-Method") },
		"empty requested method": func(r *http.Request) { r.Header.Set("Access-Control-Request-Method", "") },
		"bad requested method":   func(r *http.Request) { r.Header.Set("Access-Control-Request-Method", "PUT, GET") },
		"two requested methods":  func(r *http.Request) { r.Header.Add("Access-Control-Request-Method", "GET") },
		"a cookie":               func(r *http.Request) { r.Header.Set("Cookie", "a=b") },
		"other credentials":      func(r *http.Request) { r.Header.Set("Authorization", "Basic YTpi") },
		"a body":                 func(r *http.Request) { r.ContentLength = 3 },
		"a body of any length":   func(r *http.Request) { r.ContentLength = -1 },
		"a chunked body":         func(r *http.Request) { r.TransferEncoding = []string{"chunked"} },
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := request("OPTIONS", "/orders", preflight())
			change(r)
			refused(t, open, r, http.StatusUnauthorized)
		})
	}
	r, _ := request("OPTIONS", "/pub/..;/orders", preflight())
	refused(t, open, r, http.StatusBadRequest)
}

func TestMust075_ExtendedConnectIsJudgedAsGet(t *testing.T) {
	connect := func(major int, proto string, header http.Header) *http.Request {
		r, _ := request("GET", "/health", header)
		r.Method, r.ProtoMajor, r.Proto = http.MethodConnect, major, proto
		return r
	}
	websocket := func() http.Header { return http.Header{":protocol": {"websocket"}} }
	for name, test := range map[string]struct {
		request *http.Request
		method  string
	}{
		"HTTP/2 WebSocket":       {connect(2, "HTTP/2.0", websocket()), "GET"},
		"HTTP/3 WebSocket":       {connect(3, "websocket", nil), "GET"},
		"HTTP/2 other protocol":  {connect(2, "HTTP/2.0", http.Header{":protocol": {"connect-udp"}}), "CONNECT"},
		"HTTP/3 other protocol":  {connect(3, "webtransport", nil), "CONNECT"},
		"HTTP/2 plain":           {connect(2, "HTTP/2.0", nil), "CONNECT"},
		"HTTP/1 with the header": {connect(1, "HTTP/1.1", websocket()), "CONNECT"},
	} {
		t.Run(name, func(t *testing.T) {
			if method := readMethod(test.request); method != test.method {
				t.Errorf("judged as %s", method)
			}
			want := http.StatusNoContent
			if test.method == http.MethodConnect {
				want = http.StatusBadRequest
			}
			var up upstream
			if status, _ := serve(ordersGuard(t, diana()), test.request, &up); status != want {
				t.Errorf("public path: %d", status)
			}
			test.request.URL.Path = "/orders"
			if want == http.StatusNoContent {
				refused(t, ordersGuard(t, diana()), test.request, http.StatusUnauthorized)
			}
		})
	}
}
