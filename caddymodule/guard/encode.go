package guard

import (
	"errors"
	"strings"
)

// maxHeaderValue bounds what one claim may add to a request: many servers stop at 8 KiB for all headers.
const maxHeaderValue = 4 << 10

var errTooLong = errors.New("a value is longer than a header may be")

// extPrefix marks an encoded value (RFC 8187 section 3.2.1: charset, empty language).
const extPrefix = "UTF-8''"

// headerValue writes a value so that every server reads the same text back. Printable ASCII stays as it
// is. Anything else, also blanks at an end, which parsers strip, is percent-encoded behind extPrefix; so
// is a text that begins like it, so that no two texts are written alike.
func headerValue(of any) (string, error) {
	value, err := text(of)
	if err != nil {
		return "", err
	}
	if !plainValue(value) {
		value = extPrefix + percentEncode(value)
	}
	if len(value) > maxHeaderValue {
		return "", errTooLong
	}
	return value, nil
}

func plainValue(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	if s != "" && (s[0] == ' ' || s[len(s)-1] == ' ') {
		return false
	}
	return len(s) < len(extPrefix) || !strings.EqualFold(s[:len(extPrefix)], extPrefix)
}

// percentEncode leaves only attr-char (RFC 8187 section 3.2.1) as it is.
func percentEncode(s string) string {
	const hex = "0123456789ABCDEF"
	var out strings.Builder
	for i := range len(s) {
		c := s[i]
		if alphanumeric(c) || strings.IndexByte("!#$&+-.^_`|~", c) >= 0 {
			out.WriteByte(c)
			continue
		}
		out.WriteByte('%')
		out.WriteByte(hex[c>>4])
		out.WriteByte(hex[c&15])
	}
	return out.String()
}
