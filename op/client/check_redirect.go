package client

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// maxURI bounds one URI, in bytes: what does not fit into an address bar leads nowhere.
const maxURI = 2048

func (c *Client) checkRedirectURIs(f *faults) {
	for i, uri := range c.RedirectURIs {
		if len(uri) > maxURI {
			f.add("redirect_uris: has one that is longer than %d bytes", maxURI)
			continue
		}
		if err := oauth.CheckRedirectURI(uri, c.Native()); err != nil {
			f.add("redirect_uris: %q %w", uri, err)
		} else if !c.Native() && c.ReadsFragments() && localHost(uri) {
			f.add("redirect_uris: %q leads to this machine, where no web client with tokens in the fragment is", uri)
		}
		f.once("redirect_uris", c.RedirectURIs[:i], uri)
	}
	if c.signsIn() && len(c.RedirectURIs) == 0 {
		f.add("redirect_uris: is missing; nobody can sign in without one")
	}
	skippable := func(uri string) bool { return !oauth.IsLoopbackRedirect(uri) && !oauth.IsPrivateUseRedirect(uri) }
	if c.ConsentSkip && c.Public() && !slices.ContainsFunc(c.RedirectURIs, skippable) {
		f.add("consent: skip never holds for a public client on the person's own device")
	}
}

// checkPostLogoutRedirectURIs holds every redirect rule against them as well, so that no logout sends anybody where
// no sign-in may.
func (c *Client) checkPostLogoutRedirectURIs(f *faults) {
	const field = "post_logout_redirect_uris"
	for i, uri := range c.PostLogoutRedirectURIs {
		if len(uri) > maxURI {
			f.add("%s: has one that is longer than %d bytes", field, maxURI)
			continue
		}
		if err := oauth.CheckRedirectURI(uri, c.Native()); err != nil {
			f.add("%s: %q %w", field, uri, err)
		}
		f.once(field, c.PostLogoutRedirectURIs[:i], uri)
	}
}

// localHost reports whether an https URI leads to the machine of whoever opens it. A web client that takes tokens
// from the fragment must not be there (OIDC Dynamic Client Registration section 2, application_type): any
// program of that machine could be it.
func localHost(uri string) bool {
	u, err := url.Parse(uri)
	if err != nil {
		return true
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && (addr.Unmap().IsLoopback() || addr.IsUnspecified())
}
