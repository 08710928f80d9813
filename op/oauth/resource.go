package oauth

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

// NormalizeResource gives the one spelling under which resource indicators are compared: scheme and
// host in lower case, no default port, no empty path. It refuses what RFC 8707 section 2 refuses: a
// relative URI and a fragment; and user information, which no resource has a use for.
func NormalizeResource(uri string) (string, error) {
	for i := range len(uri) {
		if c := uri[i]; c <= ' ' || c >= 0x7f || c == '\\' {
			return "", errors.New("resource has a character that is not allowed")
		}
	}
	u, err := url.Parse(uri)
	switch {
	case err != nil:
		return "", errors.New("resource is not a URI")
	case !u.IsAbs():
		return "", errors.New("resource is not an absolute URI, such as https://api.example.com")
	case strings.Contains(uri, "#"):
		return "", errors.New("resource has a fragment")
	case u.User != nil:
		return "", errors.New("resource has user information")
	case u.Opaque != "":
		return u.String(), nil
	case u.Host == "":
		return "", errors.New("resource has no host")
	}
	u.Scheme = strings.ToLower(u.Scheme)
	u.Host = strings.ToLower(u.Host)
	if host, port, err := net.SplitHostPort(u.Host); err == nil && port == defaultPort(u.Scheme) {
		u.Host = host
		if strings.Contains(host, ":") {
			u.Host = "[" + host + "]"
		}
	}
	if u.Path == "/" && u.RawQuery == "" {
		u.Path = ""
	}
	return u.String(), nil
}

func defaultPort(scheme string) string {
	switch scheme {
	case "https":
		return "443"
	case "http":
		return "80"
	}
	return "none"
}
