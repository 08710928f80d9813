package client

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// maxRequestURI bounds a request_uri, in bytes (OIDC Core section 6.2).
const maxRequestURI = 512

// CheckPublicURI says why a URI that a client tells of itself cannot be opened or shown: it has to be an absolute
// https URL of at most 2048 bytes with a plain host, without user information and without a character that
// browsers and servers read differently. So nothing scriptable is ever linked, and the host that people
// and policies see is the one that is called.
func CheckPublicURI(uri string) error {
	if len(uri) > maxURI {
		return errors.New("is longer than a URI may be")
	}
	for i := range len(uri) {
		if c := uri[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\\\"<>^`{|}", c) >= 0 {
			return errors.New("has a character that is not allowed")
		}
	}
	u, err := url.Parse(uri)
	switch {
	case err != nil || u.Scheme != "https" || u.Opaque != "":
		return errors.New("is not an https URL")
	case u.User != nil || strings.Contains(u.Host, "@"):
		return errors.New("has user information")
	case !plainHost(u.Hostname()) || strings.HasSuffix(u.Host, ":"):
		return errors.New("has no host, or one that is not plain")
	}
	return nil
}

// plainHost accepts an IP address, or the letters of a host name (RFC 1123 section 2.1) and the underscore.
func plainHost(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Zone() == ""
	}
	return host != "" && !strings.ContainsFunc(host, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_'
	})
}

// checkURIs holds all that the client tells of itself by URI to https: what is shown to people, what is fetched,
// and where others may send people.
func (c *Client) checkURIs(f *faults) {
	for _, one := range []struct {
		field, uri string
		whole      bool // it is called as it is, and a fragment would be lost
	}{
		{"logo_uri", c.LogoURI, false},
		{"policy_uri", c.PolicyURI, false},
		{"tos_uri", c.TOSURI, false},
		{"client_uri", c.ClientURI, false},
		{"jwks_uri", c.JWKSURI, true},
		{"initiate_login_uri", c.InitiateLoginURI, true},
	} {
		if one.uri != "" {
			f.uri(one.field, one.uri, one.whole)
		}
	}
	for i, uri := range c.RequestURIs {
		if len(uri) > maxRequestURI {
			f.add("request_uris: has one that is longer than %d bytes", maxRequestURI)
			continue
		}
		f.uri("request_uris", uri, false) // the fragment is a digest of what is there
		f.once("request_uris", c.RequestURIs[:i], uri)
	}
}

// uri reports whether a URI may stand in a field, and adds the fault if it may not. A whole one has no fragment.
func (f *faults) uri(field, uri string, whole bool) bool {
	if err := CheckPublicURI(uri); err != nil {
		f.add("%s: %w", field, err)
		return false
	}
	if whole && strings.Contains(uri, "#") {
		f.add("%s: has a fragment", field)
		return false
	}
	return true
}
