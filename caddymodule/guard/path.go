package guard

import (
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// errAmbiguous refuses a path that two servers could read as two resources.
var errAmbiguous = errors.New("path can be read in more than one way")

// readPath returns the decoded path of r as everybody behind the guard must read it, or an error when
// some known server would read another: matrix parameters (Tomcat), backslashes (IIS), an encoded
// slash, a second decoding, dot segments, empty segments, NUL and other controls, overlong or
// compatibility characters that fold to any of these. It judges the URL that is passed on, so it comes
// after rewrites, and it decides nothing from the original request line.
//
// Whatever r.URL.RawPath says, the path that leaves Caddy decodes to r.URL.Path (net/url EscapedPath),
// so that is what is judged; only a slash that was encoded cannot be seen in it.
func readPath(r *http.Request) (string, error) {
	u := r.URL
	switch {
	case u.Opaque != "", u.Host != "" && !strings.EqualFold(u.Host, r.Host):
		return "", errAmbiguous
	case u.RawPath != "" && hasEncodedSlash(u.RawPath):
		return "", errAmbiguous
	case !plainPath(u.Path):
		return "", errAmbiguous
	}
	return u.Path, nil
}

// plainPath reports whether a decoded path has one reading.
func plainPath(path string) bool {
	if path == "" || path[0] != '/' {
		return false // also the `*` of OPTIONS and the authority of CONNECT
	}
	ascii := true
	segment := 1 // where the segment at hand begins
	for i := 1; i < len(path); i++ {
		switch c := path[i]; {
		case c == '/':
			if dotSegment(path[segment:i]) {
				return false
			}
			segment = i + 1
		case c < 0x20, c == 0x7f, c == ';', c == '\\', c == '%', c == '?', c == '#':
			return false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	// A path may end in a slash; in the middle two of them are an empty segment.
	if segment < len(path) && dotSegment(path[segment:]) {
		return false
	}
	return ascii || foldsPlain(path)
}

// dotSegment reports a segment that some server drops or climbs by: nothing, ".", "..", and those with
// the dots and spaces that Windows ignores at the end.
func dotSegment(segment string) bool {
	if segment != "" && segment[0] != '.' && segment[0] != ' ' {
		return false
	}
	return strings.Trim(segment, ". ") == ""
}

// bestFits are characters that Unicode folds to nothing else, but that code pages of Windows ("best fit")
// and of East Asia map to a slash or a backslash.
const bestFits = "\u2044\u2215\u29f8\u2216\u29f5\u00a5\u20a9"

// foldsPlain reports whether a path beyond ASCII still has one reading for a server that folds
// compatibility characters (Unicode NFKC): U+FF0F is a slash to it, U+2025 two dots.
func foldsPlain(path string) bool {
	if !utf8.ValidString(path) {
		return false
	}
	folded := norm.NFKC.String(path)
	if strings.ContainsAny(folded, bestFits) {
		return false
	}
	if folded == path {
		return true
	}
	return strings.Count(folded, "/") == strings.Count(path, "/") && plainASCII(folded)
}

// plainASCII is plainPath for a path that is folded already.
func plainASCII(path string) bool {
	return plainPath(strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf {
			return 'x'
		}
		return r
	}, path))
}

// respelled reports whether something in an encoded path is encoded that never has to be: a letter, a digit, "-", "."
// or "_". A server that compares paths without decoding them (RFC 3986 section 6.2.2.2 wants that done) would not find
// a public path in it, but whatever it answers all other paths with.
func respelled(raw string) bool {
	for at := strings.IndexByte(raw, '%'); at >= 0 && at+2 < len(raw); {
		c := hexadecimal(raw[at+1])<<4 | hexadecimal(raw[at+2])
		if alphanumeric(c) || c == '-' || c == '.' || c == '_' {
			return true
		}
		next := strings.IndexByte(raw[at+1:], '%')
		if next < 0 {
			return false
		}
		at += 1 + next
	}
	return false
}

// hexadecimal is the value of a digit that net/url has found to be one.
func hexadecimal(c byte) byte {
	if c >= 'A' {
		return c&0xf + 9
	}
	return c & 0xf
}

// hasEncodedSlash reports %2F in either case.
func hasEncodedSlash(raw string) bool {
	for {
		at := strings.Index(raw, "%2")
		if at < 0 || at+2 >= len(raw) {
			return false
		}
		if raw[at+2]|0x20 == 'f' {
			return true
		}
		raw = raw[at+2:]
	}
}

// publicPaths are the paths that need no token.
type publicPaths struct {
	exact    map[string]struct{}
	prefixes []string // each ends in a slash
}

func newPublicPaths(patterns []string) publicPaths {
	p := publicPaths{exact: make(map[string]struct{}, len(patterns))}
	for _, pattern := range patterns {
		if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
			p.prefixes = append(p.prefixes, prefix)
			continue
		}
		p.exact[pattern] = struct{}{}
	}
	return p
}

// has reports whether a request with this method and plain path is public. Nothing else is asked: a rule
// on a header or a query would be the caller's to fulfil.
func (p publicPaths) has(method, path string) bool {
	if len(p.exact) == 0 && len(p.prefixes) == 0 || !commonMethod(method) {
		return false
	}
	if _, ok := p.exact[path]; ok {
		return true
	}
	for _, prefix := range p.prefixes {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}
