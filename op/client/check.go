package client

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// maxID bounds a client_id, in bytes; some are URLs.
const maxID = 1024

// maxName bounds what is shown of a client's name, in bytes.
const maxName = 200

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

// Check lists everything that is wrong with the client, each fault beginning with the name of its field.
func (c *Client) Check() []error {
	f := &faults{}
	if err := checkID(c.ID); err != nil {
		f.list = append(f.list, err)
	}
	if len(c.Name) > maxName || strings.ContainsFunc(c.Name, unicode.IsControl) {
		f.add("name: has control characters or is longer than %d bytes", maxName)
	}
	f.oneOf("application_type", c.ApplicationType, "", ApplicationWeb, ApplicationNative)
	f.oneOf("refresh", c.Refresh, "", RefreshOfflineAccess, RefreshAlways, RefreshNever)
	f.oneOf("id_token_signed_response_alg", c.IDToken.Alg, "", "RS256", "ES256", "PS256", "EdDSA")
	f.each("auth", c.AuthMethods, oauth.AuthNone, oauth.AuthClientSecretBasic, oauth.AuthClientSecretPost)
	f.each("grant_types", c.GrantTypes, oauth.GrantAuthorizationCode, oauth.GrantImplicit, oauth.GrantRefreshToken, oauth.GrantClientCredentials)
	c.checkResponseTypes(f)
	c.checkSubject(f)
	c.checkSecrets(f)
	c.checkRedirectURIs(f)
	c.checkGrants(f)
	c.checkResources(f)
	c.checkPages(f)
	return f.list
}

// checkSecrets keeps a forgotten secret from making a client public: that has to be said.
func (c *Client) checkSecrets(f *faults) {
	switch {
	case c.Public() && len(c.AuthMethods) > 1:
		f.add("auth: none excludes every other method")
	case c.Public() && len(c.Secrets) > 0:
		f.add("secret: a client with auth none has none")
	case !c.Public() && len(c.Secrets) == 0:
		f.add("secret: is missing; a client that cannot keep one says auth none")
	}
	if slices.ContainsFunc(c.Secrets, Secret.IsZero) {
		f.add("secret: is empty")
	}
}

func (c *Client) checkRedirectURIs(f *faults) {
	for i, uri := range c.RedirectURIs {
		if err := oauth.CheckRedirectURI(uri, c.Native()); err != nil {
			f.add("redirect_uris: %q %w", uri, err)
		}
		if slices.Contains(c.RedirectURIs[:i], uri) {
			f.add("redirect_uris: %q is named twice", uri)
		}
	}
	if c.signsIn() && len(c.RedirectURIs) == 0 {
		f.add("redirect_uris: is missing; nobody can sign in without one")
	}
	skippable := func(uri string) bool { return !oauth.IsLoopbackRedirect(uri) && !oauth.IsPrivateUseRedirect(uri) }
	if c.ConsentSkip && c.Public() && !slices.ContainsFunc(c.RedirectURIs, skippable) {
		f.add("consent: skip never holds for a public client on the person's own device")
	}
}

func (c *Client) checkGrants(f *faults) {
	codes := c.AllowsGrantType(oauth.GrantAuthorizationCode)
	refreshes := slices.Contains(c.GrantTypes, oauth.GrantRefreshToken)
	if c.AllowsGrantType(oauth.GrantClientCredentials) && c.Public() {
		f.add("grant_types: client_credentials is for clients with a secret") // RFC 6749 section 4.4
	}
	if refreshes && !codes {
		f.add("grant_types: refresh_token needs authorization_code")
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
		case oauth.IdentityScope(name) && !c.signsIn():
			f.add("scopes: %s is about a person, and without authorization_code nobody signs in", name)
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

// checkPages keeps scriptable and unprotected links off the consent page.
func (c *Client) checkPages(f *faults) {
	for _, page := range []struct{ field, uri string }{
		{"logo_uri", c.LogoURI},
		{"policy_uri", c.PolicyURI},
		{"tos_uri", c.TOSURI},
		{"client_uri", c.ClientURI},
	} {
		if page.uri == "" {
			continue
		}
		u, err := url.Parse(page.uri)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
			f.add("%s: is not an https URL", page.field)
		}
	}
}

// faults collects everything that is wrong, so that an operator sees it all at once.
type faults struct{ list []error }

func (f *faults) add(format string, args ...any) {
	f.list = append(f.list, fmt.Errorf(format, args...))
}

func (f *faults) oneOf(field, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		f.add("%s: %q is not supported", field, value)
	}
}

func (f *faults) each(field string, values []string, allowed ...string) {
	for i, value := range values {
		f.oneOf(field, value, allowed...)
		if slices.Contains(values[:i], value) {
			f.add("%s: %s is named twice", field, value)
		}
	}
}
