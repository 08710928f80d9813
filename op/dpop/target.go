package dpop

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Target is where a request went, as it is known here: nothing of it is what the request says its host was.
type Target struct {
	// Origins are those under which it may have been reached, as NormalizeOrigin writes them.
	Origins []string
	// Path is the path as it was sent, escapes included.
	Path string
}

// TargetOf is where an endpoint of our own is reached, by URLs that have one path.
func TargetOf(addresses ...string) (Target, error) {
	var t Target
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err != nil {
			return Target{}, errOrigin
		}
		from, err := origin(u)
		if err != nil {
			return Target{}, err
		}
		t.Origins, t.Path = append(t.Origins, from), u.EscapedPath()
	}
	return t, nil
}

var errOrigin = errors.New("is not the origin of an http or https URL")

// NormalizeOrigin gives the one spelling of the origin of an http or https URL, whose path is not looked at: lower
// case, without the default port.
func NormalizeOrigin(of string) (string, error) {
	u, err := url.Parse(of)
	if err != nil {
		return "", errOrigin
	}
	return origin(u)
}

func origin(u *url.URL) (string, error) {
	scheme := strings.ToLower(u.Scheme)
	if scheme != "https" && scheme != "http" || u.Host == "" || u.User != nil || u.Opaque != "" {
		return "", errOrigin
	}
	return oauth.NormalizeResource(scheme + "://" + u.Host)
}

// is reports whether htu names the target (RFC 9449 section 4.3, check 9): scheme, host and path, as they are
// compared after normalising by syntax and scheme (RFC 3986 sections 6.2.2 and 6.2.3). Query and fragment are not looked at.
func (t Target) is(htu string) bool {
	for _, origin := range t.Origins {
		if rest, found := strings.CutPrefix(htu, origin); found && rest == t.Path && plain(rest) {
			return true
		}
	}
	u, err := url.Parse(htu)
	if err != nil {
		return false
	}
	from, err := origin(u)
	if err != nil || normalPath(u.EscapedPath()) != normalPath(t.Path) {
		return false
	}
	return slices.Contains(t.Origins, from)
}

// plain reports whether a path is its own normal form as it stands.
func plain(path string) bool {
	return strings.HasPrefix(path, "/") && !strings.ContainsAny(path, "%.?#")
}

// normalPath takes escapes off what needs none, writes the others in upper case, and removes dot segments.
func normalPath(escaped string) string {
	var out strings.Builder
	for i := 0; i < len(escaped); i++ {
		if escaped[i] != '%' || i+2 >= len(escaped) {
			out.WriteByte(escaped[i])
			continue
		}
		if c, ok := unhex(escaped[i+1], escaped[i+2]); ok && unreserved(c) {
			out.WriteByte(c)
		} else {
			out.WriteString(strings.ToUpper(escaped[i : i+3]))
		}
		i += 2
	}
	return removeDots(out.String())
}

func unhex(high, low byte) (byte, bool) {
	h, l := strings.IndexByte(hexDigits, high|0x20), strings.IndexByte(hexDigits, low|0x20)
	return byte(h<<4 | l), h >= 0 && l >= 0
}

const hexDigits = "0123456789abcdef"

// unreserved are the characters that an escape means nothing on (RFC 3986 section 2.3).
func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

// removeDots is RFC 3986 section 5.2.4 for a path that begins with a slash. An empty path is the root of its host.
func removeDots(path string) string {
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	kept := make([]string, 0, len(segments))
	for i, segment := range segments {
		last := i == len(segments)-1
		switch {
		case segment == "." && last, segment == ".." && last && len(kept) == 0:
			kept = append(kept, "")
		case segment == ".":
		case segment == "..":
			if len(kept) > 0 {
				kept = kept[:len(kept)-1]
			}
			if last {
				kept = append(kept, "")
			}
		default:
			kept = append(kept, segment)
		}
	}
	return "/" + strings.Join(kept, "/")
}
