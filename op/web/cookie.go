package web

import (
	"net/http"
	"slices"
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

// SetSharedCookie sets a cookie that is for scripts of ours and for our frames in pages of other sites, and so holds
// nothing that is worth reading: SetCookie without HttpOnly and with SameSite=None.
func SetSharedCookie(w http.ResponseWriter, name, value string, maxAge time.Duration) {
	shared := ours(name, value, int(maxAge/time.Second)) //nolint:gosec // it is meant to be read and sent elsewhere
	shared.HttpOnly, shared.SameSite = false, http.SameSiteNoneMode
	http.SetCookie(w, shared)
}

func ours(name, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// DropCookies removes the cookies of these names from the headers of a request that goes on to somebody
// else, and leaves every other byte as it was sent. Case does not count: whoever ignores it too must not
// find a cookie of ours under another spelling. A name that ends in an asterisk stands for all that begin with the
// rest.
func DropCookies(h http.Header, names []string) {
	lines := h["Cookie"]
	if !slices.ContainsFunc(lines, func(line string) bool { return hasCookie(line, names) }) {
		return
	}
	var kept []string
	for _, line := range lines {
		if hasCookie(line, names) {
			line = withoutCookies(line, names)
		}
		if line != "" {
			kept = append(kept, line)
		}
	}
	if len(kept) == 0 {
		delete(h, "Cookie")
		return
	}
	h["Cookie"] = kept
}

// DropSetCookies removes from the headers of an answer, which somebody else made, what would set a cookie of these
// names: whoever may set it may sign a browser in as somebody else.
func DropSetCookies(h http.Header, names []string) {
	lines := h["Set-Cookie"]
	sets := func(line string) bool {
		pair, _, _ := strings.Cut(line, ";")
		return isNamed(pair, names)
	}
	if !slices.ContainsFunc(lines, sets) {
		return
	}
	kept := slices.DeleteFunc(slices.Clone(lines), sets)
	if len(kept) == 0 {
		delete(h, "Set-Cookie")
		return
	}
	h["Set-Cookie"] = kept
}

func hasCookie(line string, names []string) bool {
	for pair := range strings.SplitSeq(line, ";") {
		if isNamed(pair, names) {
			return true
		}
	}
	return false
}

func withoutCookies(line string, names []string) string {
	pairs := slices.DeleteFunc(strings.Split(line, ";"), func(pair string) bool { return isNamed(pair, names) })
	return strings.TrimSpace(strings.Join(pairs, ";"))
}

// isNamed reports whether a cookie-pair (RFC 6265 section 4.2.1) has one of the names, or has none and a value that
// browsers before RFC 6265bis section 5.7 send as if it had.
func isNamed(pair string, names []string) bool {
	name, _, _ := strings.Cut(strings.TrimLeft(pair, " \t="), "=")
	name = strings.TrimSpace(name)
	return slices.ContainsFunc(names, func(ours string) bool {
		if prefix, ok := strings.CutSuffix(ours, "*"); ok {
			return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
		}
		return strings.EqualFold(name, ours)
	})
}
