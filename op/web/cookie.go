package web

import (
	"net/http"
	"strings"
	"time"
)

// Cookie returns the value of the one cookie of this name. Two of one name are both ignored: one of
// them was planted by a sibling host, and the order does not say which (RFC 6265 section 8.6).
func Cookie(r *http.Request, name string) (value string, ok bool) {
	for _, line := range r.Header.Values("Cookie") {
		for pair := range strings.SplitSeq(line, ";") {
			key, val, found := strings.Cut(strings.Trim(pair, " \t"), "=")
			if !found || key != name {
				continue
			}
			if ok {
				return "", false
			}
			value, ok = val, true
		}
	}
	return value, ok
}

// SetCookie sets a cookie of ours: Secure, HttpOnly, SameSite=Lax, Path=/ and without Domain, as the
// prefix __Host- of its name demands (RFC 6265bis section 4.1.3.2). maxAge 0 makes it last as long
// as the browser runs.
func SetCookie(w http.ResponseWriter, name, value string, maxAge time.Duration) {
	http.SetCookie(w, ours(name, value, int(maxAge/time.Second)))
}

// ClearCookie removes a cookie that SetCookie set.
func ClearCookie(w http.ResponseWriter, name string) {
	http.SetCookie(w, ours(name, "", -1))
}

func ours(name, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}
