package client

import (
	"errors"
	"fmt"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// CheckFrontchannelLogoutURI says why the client's FrontchannelLogoutURI must not be loaded in a frame: it has to be
// a web address that may be a redirect URI, of the same scheme, host and port as one that is (OpenID Connect
// Front-Channel Logout section 2). So a page of ours loads nothing but what people are sent to anyway.
func (c *Client) CheckFrontchannelLogoutURI() error {
	uri := c.FrontchannelLogoutURI
	if err := checkRedirect(uri, c.Native()); err != nil {
		return err
	}
	origin := web.Origin(uri)
	switch {
	case origin == "":
		return errors.New("is no address that a browser can load")
	case strings.Contains(origin, "["):
		// Content Security Policy level 3 section 2.3.1: a host-source has no such form.
		return errors.New("has an IPv6 address, which the policy of a page cannot name")
	case !(&Client{RedirectURIs: c.RedirectURIs}).AllowsOrigin(origin):
		return errors.New("has another scheme, host or port than the redirect_uris")
	}
	return nil
}

func (c *Client) checkFrontchannelLogout(f *faults) {
	switch {
	case c.FrontchannelLogoutURI != "":
		if err := c.CheckFrontchannelLogoutURI(); err != nil {
			f.add("frontchannel_logout_uri: %w", err)
		}
	case c.FrontchannelLogoutSessionRequired && c.Configured: // whoever registers may well send every default they have
		f.add("frontchannel_logout_session_required: needs frontchannel_logout_uri")
	}
}

// checkRedirect is oauth.CheckRedirectURI for a URI that fits into an address bar.
func checkRedirect(uri string, native bool) error {
	if len(uri) > maxURI {
		return fmt.Errorf("is longer than %d bytes", maxURI)
	}
	return oauth.CheckRedirectURI(uri, native)
}
