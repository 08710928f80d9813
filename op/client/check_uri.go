package client

import (
	"errors"
	"net/url"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// The longest URIs, in bytes: of request objects (OIDC Core section 6.2), and of what pages show.
const (
	maxRequestURI = 512
	maxShownURI   = 1024
)

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
	case !oauth.PlainHost(u.Hostname()) || strings.HasSuffix(u.Host, ":"):
		return errors.New("has no host, or one that is not plain")
	}
	return nil
}

// checkURIs holds all that the client tells of itself by URI to https: what is shown to people, what is fetched,
// and where others may send people.
func (c *Client) checkURIs(f *faults) {
	for _, one := range []struct {
		field, uri string
		check      func(field, uri string)
	}{
		{memberLogo, c.LogoURI, f.shown},
		{memberPolicy, c.PolicyURI, f.shown},
		{memberTOS, c.TOSURI, f.shown},
		{memberClient, c.ClientURI, f.shown},
		{"jwks_uri", c.JWKSURI, f.called},
		{"initiate_login_uri", c.InitiateLoginURI, f.called},
		{"backchannel_logout_uri", c.BackchannelLogoutURI, f.called},
	} {
		if one.uri != "" {
			one.check(one.field, one.uri)
		}
	}
	for i, uri := range c.RequestURIs {
		if len(uri) > maxRequestURI {
			f.add("request_uris: has one that is longer than %d bytes", maxRequestURI)
			continue
		}
		f.uri("request_uris", uri) // the fragment is a digest of what is there
		f.once("request_uris", c.RequestURIs[:i], uri)
	}
}

// uri adds what is wrong with a URI.
func (f *faults) uri(field, uri string) {
	if err := CheckPublicURI(uri); err != nil {
		f.add("%s: %w", field, err)
	}
}

// shown adds what is wrong with a URI that pages show: they carry it with the request they wait for.
func (f *faults) shown(field, uri string) {
	if len(uri) > maxShownURI {
		f.add("%s: is longer than %d bytes", field, maxShownURI)
		return
	}
	f.uri(field, uri)
}

// called adds what is wrong with a URI that is called as it is: a fragment would be lost.
func (f *faults) called(field, uri string) {
	f.uri(field, uri)
	if strings.Contains(uri, "#") {
		f.add("%s: has a fragment", field)
	}
}
