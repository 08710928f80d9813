package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// maxID bounds a client_id, in bytes; some are URLs.
const maxID = 1024

// checkID says why id cannot be a client_id: it is visible ASCII or spaces (RFC 6749 appendix A.1).
func checkID(id string) error {
	if id == "" || len(id) > maxID {
		return fmt.Errorf("id: is empty or longer than %d bytes", maxID)
	}
	for i := range len(id) {
		if id[i] < 0x20 || id[i] > 0x7e {
			return errors.New("id: has a character outside printable ASCII")
		}
	}
	return nil
}

// Check lists everything that is wrong with the client, each fault beginning with the name of its field: that of
// the metadata (RFC 7591 section 2, OIDC Dynamic Client Registration section 2), or where the configuration has
// a shorter word, that one. They tell what was written; whoever answers a stranger must not repeat them.
func (c *Client) Check() []error {
	f := &faults{}
	// What is too large is looked at no further: some of the rules compare each of a list with all before it.
	if c.checkSize(f); len(f.list) > 0 {
		return f.list
	}
	if err := checkID(c.ID); err != nil {
		f.list = append(f.list, err)
	}
	f.oneOf("application_type", c.ApplicationType, "", ApplicationWeb, ApplicationNative)
	f.oneOf("refresh", c.Refresh, "", RefreshOfflineAccess, RefreshAlways, RefreshNever)
	f.each("auth", c.AuthMethods, oauth.AuthNone, oauth.AuthClientSecretBasic, oauth.AuthClientSecretPost, oauth.AuthClientSecretJWT, oauth.AuthPrivateKeyJWT,
		oauth.AuthTLSClient, oauth.AuthSelfSignedTLS)
	f.each("grant_types", c.GrantTypes, oauth.GrantAuthorizationCode, oauth.GrantImplicit, oauth.GrantRefreshToken, oauth.GrantClientCredentials, oauth.GrantDeviceCode)
	c.checkTexts(f)
	c.checkResponseTypes(f)
	c.checkSubject(f)
	c.checkSecrets(f)
	c.checkKeys(f)
	c.checkProtection(f)
	c.checkRedirectURIs(f)
	c.checkPostLogoutRedirectURIs(f)
	c.checkFrontchannelLogout(f)
	c.checkGrants(f)
	c.checkResources(f)
	c.checkBound(f)
	c.checkCertificate(f)
	c.checkURIs(f)
	return f.list
}

// The limits of what one client may say of itself: whoever registers chooses how much is stored of it, read with
// every request of theirs, and compared (CWE-770).
const (
	maxMetadata = 32 << 10 // of all together, in bytes of JSON
	maxURIs     = 50       // of each list of URIs
	maxWords    = 20       // of each other list
	maxScopes   = 100
	maxForms    = 100 // in other languages
)

// checkSize bounds the lists, and all of it together.
func (c *Client) checkSize(f *faults) {
	for _, list := range []struct {
		field        string
		length, most int
	}{
		{"redirect_uris", len(c.RedirectURIs), maxURIs},
		{"post_logout_redirect_uris", len(c.PostLogoutRedirectURIs), maxURIs},
		{"request_uris", len(c.RequestURIs), maxURIs},
		{"introspect", len(c.Introspect), maxURIs},
		{"scopes", len(c.Scopes), maxScopes},
		{"auth", len(c.AuthMethods), maxWords},
		{"grant_types", len(c.GrantTypes), maxWords},
		{"response_types", len(c.ResponseTypes), maxWords},
		{"contacts", len(c.Contacts), maxWords},
		{"default_acr_values", len(c.DefaultACRValues), maxWords},
		{"secret", len(c.Secrets), maxWords},
		{"name", len(c.Localized), maxForms},
	} {
		if list.length > list.most {
			f.add("%s: has more than %d entries", list.field, list.most)
		}
	}
	sized := *c
	sized.Secrets, sized.JWKS = nil, nil // the keys may not be JSON, and count as they are
	body, err := json.Marshal(sized)
	if err != nil || len(body)+len(c.JWKS) > maxMetadata {
		f.add("metadata: is larger than %d bytes", maxMetadata)
	}
}

func (c *Client) checkGrants(f *faults) {
	devices := c.AllowsGrantType(oauth.GrantDeviceCode)
	people := devices || c.AllowsGrantType(oauth.GrantAuthorizationCode)
	refreshes := slices.Contains(c.GrantTypes, oauth.GrantRefreshToken)
	if c.AllowsGrantType(oauth.GrantClientCredentials) && c.Public() {
		f.add("grant_types: client_credentials is for clients with a secret") // RFC 6749 section 4.4
	}
	if refreshes && !people {
		f.add("grant_types: refresh_token needs authorization_code or device_code")
	}
	if refreshes && c.Refresh == RefreshNever {
		f.add("refresh: never contradicts grant_types refresh_token")
	}
	for i, name := range c.Scopes {
		switch {
		case !oauth.ValidScope(name):
			f.add("scopes: %q is not a scope", name)
		case c.Scopes[:i].Has(name):
			f.add("scopes: %s is named twice", name)
		case oauth.IdentityScope(name) && len(c.ResponseTypes) == 0 && !c.signsIn() && !devices: // those stated have faults of their own
			f.add("scopes: %s is about a person, and with these grant_types nobody signs in", name)
		}
	}
}

func (c *Client) checkResources(f *faults) {
	if c.DefaultResource != "" {
		if _, err := oauth.NormalizeResource(c.DefaultResource); err != nil {
			f.add("default_resource: %w", err)
		}
	}
	for _, uri := range c.Introspect {
		if _, err := oauth.NormalizeResource(uri); err != nil {
			f.add("introspect: %w", err)
		}
	}
	if len(c.Introspect) > 0 && c.Public() {
		f.add("introspect: is for clients with a secret") // RFC 7662 section 2.1
	}
}
