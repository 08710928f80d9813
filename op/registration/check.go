package registration

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// check holds a registration against the rules for every client, and against what the provider can do.
func (e *Endpoint) check(made *client.Registration) (*client.Client, error) {
	m := made.Metadata
	for _, one := range []struct{ name, alg string }{
		{"id_token_signed_response_alg", m.IDTokenAlg},
		{"userinfo_signed_response_alg", m.UserinfoAlg},
		{"introspection_signed_response_alg", m.IntrospectionAlg},
	} {
		// Found at the first sign-in, it would be a person's time that was spent for nothing.
		if slices.Contains(keys.SigningAlgs, one.alg) && !slices.Contains(e.Abilities.SigningAlgs, one.alg) {
			return nil, oauth.InvalidClientMetadata(one.name+" is not one this provider has a key for", nil)
		}
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	if err := e.checkMTLS(m); err != nil {
		return nil, err
	}
	c, err := e.Registrations.Client(made)
	if err != nil {
		return nil, err
	}
	faults := c.Check()
	if e.Policy.OneHost {
		faults = append(faults, c.CheckShownHosts()...)
	}
	return c, refusal(faults)
}

// checkMTLS refuses what a client would be locked out by where nobody is asked for a certificate.
func (e *Endpoint) checkMTLS(m client.Metadata) error {
	switch {
	case e.Abilities.MTLS:
		return nil
	case m.TokenEndpointAuthMethod == oauth.AuthTLSClient || m.TokenEndpointAuthMethod == oauth.AuthSelfSignedTLS:
		return oauth.InvalidClientMetadata("token_endpoint_auth_method is not one that this provider has", nil)
	case m.CertificateBound != nil && *m.CertificateBound:
		return oauth.InvalidClientMetadata("tls_client_certificate_bound_access_tokens is not supported", nil)
	}
	return nil
}

// words of the configuration that stand for other names of metadata.
var words = map[string]string{"auth": "token_endpoint_auth_method", "name": "client_name", "scopes": "scope", "secret": "token_endpoint_auth_method"}

// refusal tells the first fault by the name of its member: what was sent is for the log alone. A redirect URI
// has an error of its own (RFC 7591 section 3.2.2).
func refusal(faults []error) error {
	if len(faults) == 0 {
		return nil
	}
	cause := errors.Join(faults...)
	member, _, _ := strings.Cut(faults[0].Error(), ":")
	member, _, _ = strings.Cut(member, "#") // what follows was sent
	if word, is := words[member]; is {
		member = word
	}
	switch {
	case member == "redirect_uris":
		return oauth.InvalidRedirectURI("redirect_uris has one that may not be registered, or none: https without fragment, for native clients also http on loopback or a private-use scheme", cause)
	case isMember(member):
		return oauth.InvalidClientMetadata(member+" is not acceptable", cause)
	}
	return oauth.InvalidClientMetadata("metadata is not acceptable", cause)
}

// isMember accepts what can be the name of a member of ours.
func isMember(name string) bool {
	return name != "" && len(name) <= 64 && !strings.ContainsFunc(name, func(c rune) bool {
		return c != '_' && (c < 'a' || c > 'z')
	})
}

// newSector reports whether an update changes what the document of a sector has to list.
func newSector(before, after client.Metadata) bool {
	return after.SectorIdentifierURI != "" &&
		(before.SectorIdentifierURI != after.SectorIdentifierURI || !slices.Equal(before.RedirectURIs, after.RedirectURIs))
}

// checkSector reads the document at sector_identifier_uri (OIDC Dynamic Client Registration section 5).
func (e *Endpoint) checkSector(ctx context.Context, c *client.Client) error {
	return c.CheckSector(ctx, func(ctx context.Context, uri string) ([]byte, error) {
		document, err := e.Fetch.Get(ctx, uri)
		return document.Body, err
	})
}
