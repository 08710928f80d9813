package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// Check says what is wrong with the members that describe no part of a Client, such as where it hears that sessions
// end, and with all of it together.
func (m Metadata) Check() error {
	if err := m.checkSize(); err != nil {
		return err
	}
	if m.DefaultMaxAge != nil && *m.DefaultMaxAge < 0 {
		return badMember("default_max_age", "is negative", nil)
	}
	if uri := m.FrontchannelLogoutURI; uri != "" {
		if err := checkRedirect(uri, false); err != nil {
			return badMember("frontchannel_logout_uri", "may not be registered", err)
		}
	}
	// OpenID Connect Front-Channel Logout section 2: of the scheme, host and port of a redirect URI.
	if uri := m.FrontchannelLogoutURI; uri != "" && !slices.ContainsFunc(m.RedirectURIs, func(other string) bool {
		return web.Origin(other) == web.Origin(uri)
	}) {
		return badMember("frontchannel_logout_uri", "has another origin than the redirect_uris", errors.New("none has its origin"))
	}
	return nil
}

// checkSize bounds what Client.Check does not see: it is stored all the same.
func (m Metadata) checkSize() error {
	for _, one := range []struct{ name, text string }{{"software_id", m.SoftwareID}, {"software_version", m.SoftwareVersion}} {
		if !plainText(one.text, maxName) {
			return badMember(one.name, "is no plain text, or too long", nil)
		}
	}
	if body, err := json.Marshal(m); err != nil || len(body) > maxMetadata {
		return oauth.InvalidClientMetadata("metadata is too large", err)
	}
	return nil
}

// checkRedirect is oauth.CheckRedirectURI for a URI that fits into an address bar.
func checkRedirect(uri string, native bool) error {
	if len(uri) > maxURI {
		return fmt.Errorf("is longer than %d bytes", maxURI)
	}
	return oauth.CheckRedirectURI(uri, native)
}
