package oauth

import (
	"slices"
	"strings"
)

const (
	// maxLocales bounds how many languages of one request count.
	maxLocales = 10
	// maxLocale is the length of the longest language tag that matters (RFC 5646 section 4.4.1).
	maxLocale = 35
)

// ParseLocales reads ui_locales or claims_locales: the languages wanted, the preferred first (OIDC Core
// section 3.1.2.1). What is no language tag, too long for one, or after the tenth of them does not count and
// is no error, since a request must not fail by its languages.
func ParseLocales(text string) []string {
	var locales []string
	for len(locales) < maxLocales && text != "" {
		var tag string
		tag, text, _ = strings.Cut(text, " ")
		if ValidLocale(tag) && !slices.ContainsFunc(locales, func(known string) bool { return strings.EqualFold(known, tag) }) {
			locales = append(locales, tag)
		}
	}
	return locales
}

// ValidLocale reports whether tag has the form of a language tag of at most 35 characters (RFC 5646 section
// 2.1): subtags of one to eight letters and digits, of which the first has letters only.
func ValidLocale(tag string) bool {
	if len(tag) > maxLocale {
		return false
	}
	for i, subtag := range strings.Split(tag, "-") {
		if len(subtag) < 1 || len(subtag) > 8 {
			return false
		}
		for _, c := range []byte(subtag) {
			letter := 'a' <= c|0x20 && c|0x20 <= 'z'
			if !letter && (i == 0 || c < '0' || c > '9') {
				return false
			}
		}
	}
	return true
}

// LookupLocale finds the language tag among available that serves wanted best, as RFC 4647 section 3.4 looks
// it up: the tag itself in whatever case, else the same with fewer subtags. False for none.
func LookupLocale(wanted string, available []string) (string, bool) {
	for wanted != "" {
		for _, tag := range available {
			if strings.EqualFold(tag, wanted) {
				return tag, true
			}
		}
		end := strings.LastIndexByte(wanted, '-')
		if end > 1 && wanted[end-2] == '-' {
			end -= 2 // a single letter goes with what it introduces
		}
		wanted = wanted[:max(end, 0)]
	}
	return "", false
}
