package client

import (
	"maps"
	"slices"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// CheckShownHosts lists the members that lead people, or the pages they read, to a host that no redirect URI has:
// whoever registers could otherwise show the logo and link the policy of somebody else beside an address of their
// own (OIDC Dynamic Client Registration section 9.2, RFC 7591 section 5).
func (c *Client) CheckShownHosts() []error {
	f := &faults{}
	hosts := make(map[string]bool)
	for _, uri := range c.RedirectURIs {
		if oauth.OnDevice(oauth.RedirectHost(uri)) {
			continue // what stands where a host would is of no account, and anybody can choose it
		}
		if host, err := sectorOf(uri); err == nil {
			hosts[host] = true
		}
	}
	if c.described() { // its owner is who describes it
		if host, err := sectorOf(c.ID); err == nil {
			hosts[host] = true
		}
	}
	check := func(field, uri string) {
		if host, err := sectorOf(uri); uri != "" && (err != nil || !hosts[host]) {
			f.add("%s: is on another host than the redirect_uris", field)
		}
	}
	check(memberLogo, c.LogoURI)
	check(memberPolicy, c.PolicyURI)
	check(memberTOS, c.TOSURI)
	check(memberClient, c.ClientURI)
	for _, name := range slices.Sorted(maps.Keys(c.Localized)) {
		if !strings.HasPrefix(name, memberName+"#") {
			check(name, c.Localized[name])
		}
	}
	return f.list
}
