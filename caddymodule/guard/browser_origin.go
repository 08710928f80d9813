package guard

import "net/http"

// provenance says whose page made a request. Its zero value proves nothing.
type provenance uint8

const (
	unproven provenance = iota
	foreign
	own
)

// mayChange reports whether a request can do more than fetch something: by any method that is not safe (RFC 9110
// section 9.2.1), or by opening a channel, as a WebSocket does.
func mayChange(r *http.Request, method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return r.Method == http.MethodConnect || len(r.Header["Upgrade"]) > 0
	}
	return true
}

// from finds out whose page made the request, by headers that no page can set (Fetch Metadata Request Headers
// section 2.4, RFC 6454 section 7). They must not contradict each other. A sibling under the same domain is foreign:
// SameSite lets its requests carry the cookie.
func (b *browser) from(r *http.Request) provenance {
	origins, sites := r.Header["Origin"], r.Header["Sec-Fetch-Site"]
	if len(origins) > 1 || len(sites) > 1 {
		return foreign
	}
	found := unproven
	if len(sites) == 1 {
		if sites[0] != "same-origin" && sites[0] != "none" {
			return foreign
		}
		found = own
	}
	// A page that sends no Referer posts to itself with Origin: null.
	if len(origins) == 1 && origins[0] != "null" {
		if origins[0] != b.origin {
			return foreign
		}
		found = own
	}
	return found
}
