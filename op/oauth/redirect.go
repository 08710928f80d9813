package oauth

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// CheckRedirectURI says why uri may not be registered as a redirect_uri, nil if it may: https for
// everyone; http on a loopback host and private-use schemes in reverse-domain form only for native
// clients (RFC 9700 section 2.1, RFC 8252 sections 7 and 8.4). Everything that two parsers could
// read in two ways is refused, so that the byte comparison made later means what it says.
func CheckRedirectURI(uri string, native bool) error {
	if err := checkUnambiguous(uri); err != nil {
		return err
	}
	u, err := url.Parse(uri)
	switch {
	case err != nil:
		return errors.New("is not a URI")
	case u.User != nil || strings.Contains(u.Host, "@"):
		return errors.New("has user information")
	case u.Scheme == "https":
		return checkHost(u)
	case u.Scheme == "http" && native && loopbackHost(u.Hostname()):
		return checkHost(u)
	case u.Scheme == "http":
		return errors.New("is http; that is for native clients on 127.0.0.1, [::1] or localhost")
	case native && reverseDomain(u.Scheme):
		return nil
	case reverseDomain(u.Scheme):
		return errors.New("has a private-use scheme; that is for native clients")
	}
	return errors.New("has a scheme that is not allowed")
}

// MatchRedirectURI compares a presented redirect_uri with a registered one, byte for byte (RFC 9700
// section 2.1). The port alone may differ, for native clients on a loopback address (RFC 8252
// section 7.3), never for a name such as localhost.
func MatchRedirectURI(registered, presented string, native bool) bool {
	if registered == presented {
		return registered != ""
	}
	if !native {
		return false
	}
	for _, origin := range []string{"http://127.0.0.1", "http://[::1]"} {
		want, isLoopback := withoutPort(registered, origin)
		got, sameHost := withoutPort(presented, origin)
		if isLoopback && sameHost && want == got {
			return true
		}
	}
	return false
}

// IsLoopbackRedirect reports whether any program of the same machine could receive at uri.
func IsLoopbackRedirect(uri string) bool {
	u, err := url.Parse(uri)
	return err == nil && u.Scheme == "http" && loopbackHost(u.Hostname())
}

// IsPrivateUseRedirect reports whether uri has a scheme that any app could claim (RFC 8252 section 8.4).
func IsPrivateUseRedirect(uri string) bool {
	u, err := url.Parse(uri)
	return err == nil && u.Scheme != "https" && u.Scheme != "http"
}

// checkUnambiguous refuses the spellings that browsers, proxies and servers are known to read differently.
func checkUnambiguous(uri string) error {
	for i := range len(uri) {
		switch c := uri[i]; {
		case c <= ' ' || c >= 0x7f:
			return errors.New("has a character outside printable ASCII")
		case strings.IndexByte("\\\"<>^`{|}*", c) >= 0:
			return errors.New("has a character that is not allowed")
		case c == '#':
			return errors.New("has a fragment")
		}
	}
	path, _, _ := strings.Cut(uri, "?")
	_, afterScheme, _ := strings.Cut(path, "://")
	lower := strings.ToLower(afterScheme)
	if strings.Contains(lower, "//") || strings.Contains(lower, ";") || strings.Contains(lower, "%2f") || strings.Contains(lower, "%5c") {
		return errors.New("has a path that can be read in two ways")
	}
	for segment := range strings.SplitSeq(strings.ReplaceAll(lower, "%2e", "."), "/") {
		if segment == "." || segment == ".." {
			return errors.New("has a dot segment")
		}
	}
	return nil
}

// checkHost wants a host that every reader takes for the same one: people decide by it whom they trust.
func checkHost(u *url.URL) error {
	switch {
	case u.Opaque != "":
		return errors.New("is not hierarchical")
	case !PlainHost(u.Hostname()):
		return errors.New("has no host, or one that is not plain")
	case strings.HasSuffix(u.Host, ":"):
		return errors.New("has an empty port")
	case u.Port() == "":
		return nil
	}
	if port, err := strconv.ParseUint(u.Port(), 10, 16); err != nil || port == 0 {
		return errors.New("has a port that there is not")
	}
	return nil
}

func loopbackHost(host string) bool {
	return host == "127.0.0.1" || host == "::1" || host == "localhost"
}

// reverseDomain is the form RFC 8252 section 7.1 asks of private-use schemes; a dot keeps out every
// scheme that a browser gives a meaning of its own (javascript, data, vbscript, file, blob, …).
func reverseDomain(scheme string) bool {
	labels := strings.Split(scheme, ".")
	if slices.Contains(labels, "") {
		return false
	}
	return len(labels) > 1
}

// withoutPort splits a valid port off the authority of a URI on the given origin.
func withoutPort(uri, origin string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(uri, origin)
	if !ok {
		return "", false
	}
	if digits, found := strings.CutPrefix(rest, ":"); found {
		end := len(digits) - len(strings.TrimLeft(digits, "0123456789"))
		if port, err := strconv.ParseUint(digits[:end], 10, 16); err != nil || port == 0 {
			return "", false
		}
		rest = digits[end:]
	}
	return rest, rest == "" || rest[0] == '/' || rest[0] == '?'
}
