package guard

import (
	"net/http"
	"strings"
)

// readMethod is the method that the upstream will see. A WebSocket over HTTP/2 or HTTP/3 arrives as an
// extended CONNECT (RFC 8441, RFC 9220) and leaves Caddy's proxy as the GET of HTTP/1.1.
func readMethod(r *http.Request) string {
	if r.Method != http.MethodConnect {
		return r.Method
	}
	switch {
	case r.ProtoMajor == 2 && firstValue(r.Header[":protocol"]) == "websocket",
		r.ProtoMajor == 3 && r.Proto == "websocket":
		return http.MethodGet
	}
	return r.Method
}

// commonMethod reports whether the method may be public: those of RFC 9110 section 9.3 that carry
// ordinary requests, and PATCH. What an upstream makes of any other nobody can say here.
func commonMethod(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut,
		http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return true
	}
	return false
}

// unknownMethod stands for a method that nobody here can tell. It is none of the common ones, and no requirement
// names it.
const unknownMethod = ""

// methodHeaders, by their canonical names, tell some upstreams another method than the request line does.
var methodHeaders = [...]string{"X-Http-Method-Override", "X-Http-Method", "X-Method-Override"}

// speaksOfMethod reports whether a header names a method. Which of the two an upstream goes by nobody can say here.
func speaksOfMethod(h http.Header) bool {
	for _, name := range methodHeaders {
		if _, ok := h[name]; ok {
			return true
		}
	}
	return false
}

// isPreflight reports whether r is what a browser sends before a cross-origin request (Fetch section
// 4.8, CORS-preflight fetch), which never carries credentials or a body. With either it is a request
// like any other: nothing that could act for somebody passes as a preflight.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions &&
		len(r.Header["Origin"]) == 1 && r.Header["Origin"][0] != "" &&
		len(r.Header["Access-Control-Request-Method"]) == 1 &&
		isTokenText(r.Header["Access-Control-Request-Method"][0]) &&
		r.Header["Authorization"] == nil && r.Header["Cookie"] == nil &&
		r.ContentLength == 0 && len(r.TransferEncoding) == 0
}

// isTokenText reports whether s is a token (RFC 9110 section 5.6.2), as methods and field names are.
func isTokenText(s string) bool {
	for i := range len(s) {
		if c := s[i]; !alphanumeric(c) && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func firstValue(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
