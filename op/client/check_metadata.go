package client

import (
	"encoding/json"
	"fmt"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
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
	for _, one := range []struct{ name, uri string }{
		{"backchannel_logout_uri", m.BackchannelLogoutURI},
	} {
		if one.uri == "" {
			continue
		}
		if err := checkRedirect(one.uri, false); err != nil {
			return badMember(one.name, "may not be registered", err)
		}
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
