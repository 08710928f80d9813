package client

import (
	"encoding/json"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Check says what is wrong with the members that describe no part of a Client, or a part that cannot show it any
// more, and with all of it together.
func (m Metadata) Check() error {
	if err := m.checkSize(); err != nil {
		return err
	}
	if m.DefaultMaxAge != nil && *m.DefaultMaxAge < 0 {
		return badMember("default_max_age", "is negative", nil)
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
