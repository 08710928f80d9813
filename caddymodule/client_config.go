package caddymodule

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/seed-5b16f944/gatehouse/caddymodule/setting"
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// config translates the client, resolves its secrets and reads its keys. Faults carry the path of their field, but
// not the client's.
func (c *Client) config() (*client.Client, []error) {
	var faults []error
	translated := &client.Client{
		ID:                     c.ID,
		Name:                   c.Name,
		ApplicationType:        c.ApplicationType,
		AuthMethods:            c.Auth,
		AuthSigningAlg:         c.TokenEndpointAuthSigningAlg,
		JWKSURI:                c.JWKSURI,
		RedirectURIs:           c.RedirectURIs,
		PostLogoutRedirectURIs: c.PostLogoutRedirectURIs,
		GrantTypes:             namedGrantTypes(c.GrantTypes),
		Scopes:                 oauth.Scopes(c.Scopes),
		DefaultResource:        c.DefaultResource,
		Introspect:             c.Introspect,
		Refresh:                c.Refresh,
		Configured:             true,
		Disabled:               c.Disabled,
		LogoURI:                c.LogoURI,
		PolicyURI:              c.PolicyURI,
		TOSURI:                 c.TOSURI,
		ClientURI:              c.ClientURI,
		Localized:              c.members(),
		SubjectType:            c.SubjectType,
		SectorIdentifierURI:    c.SectorIdentifierURI,
		IDToken: client.Protection{
			Alg: c.IDTokenSignedResponseAlg, EncryptionAlg: c.IDTokenEncryptedResponseAlg, EncryptionEnc: c.IDTokenEncryptedResponseEnc,
		},
		Userinfo: client.Protection{
			Alg: c.UserinfoSignedResponseAlg, EncryptionAlg: c.UserinfoEncryptedResponseAlg, EncryptionEnc: c.UserinfoEncryptedResponseEnc,
		},
		Introspection: client.Protection{
			Alg: c.IntrospectionSignedResponseAlg, EncryptionAlg: c.IntrospectionEncryptedResponseAlg, EncryptionEnc: c.IntrospectionEncryptedResponseEnc,
		},
		RequestObjectAlg: c.RequestObjectSigningAlg,
		RequestURIs:      c.RequestURIs,
		RequireAuthTime:  c.RequireAuthTime,
		DefaultACRValues: c.DefaultACRValues,
		InitiateLoginURI: c.InitiateLoginURI,
		Contacts:         c.Contacts,

		FrontchannelLogoutURI:             c.FrontchannelLogoutURI,
		FrontchannelLogoutSessionRequired: c.FrontchannelLogoutSessionRequired,
		BackchannelLogoutURI:              c.BackchannelLogoutURI,
		BackchannelLogoutSessionRequired:  c.BackchannelLogoutSessionRequired,

		DPoPBound:        c.DPoPBoundAccessTokens,
		CertificateBound: c.TLSClientCertificateBoundAccessTokens,
		Certificate: client.CertificateSubject{
			DN: c.TLSClientAuthSubjectDN, DNS: c.TLSClientAuthSANDNS, URI: c.TLSClientAuthSANURI,
			IP: c.TLSClientAuthSANIP, Email: c.TLSClientAuthSANEmail,
		},
	}
	var err error
	if translated.ResponseTypes, err = namedResponseTypes(c.ResponseTypes); err != nil {
		faults = append(faults, fmt.Errorf("response_types: %w", err))
	}
	if c.DefaultMaxAge != nil {
		age := time.Duration(*c.DefaultMaxAge)
		translated.DefaultMaxAge = &age
	}
	switch c.Consent {
	case "", "ask":
	case "skip":
		translated.ConsentSkip = true
	default:
		faults = append(faults, fmt.Errorf("consent: unknown value %q: ask or skip", c.Consent))
	}
	if translated.JWKS, err = c.keySet(); err != nil {
		faults = append(faults, fmt.Errorf("jwks: %w", err))
		translated.JWKSURI = "https://keys.invalid/" // so that the fault is not told again, as keys that are missing
	}
	return translated, append(faults, c.giveSecrets(translated)...)
}

// members are the forms in other languages, under the names that the metadata has for them (OIDC Dynamic Client
// Registration section 2.1): only the name has another word here.
func (c *Client) members() map[string]string {
	if len(c.Localized) == 0 {
		return nil
	}
	members := make(map[string]string, len(c.Localized))
	for name, value := range c.Localized {
		if tag, is := strings.CutPrefix(name, "name#"); is {
			name = "client_name#" + tag
		}
		members[name] = value
	}
	return members
}

// giveSecrets resolves the secrets into the translated client, which knows whether they are keys.
func (c *Client) giveSecrets(to *client.Client) []error {
	var faults []error
	take := client.PlainSecret
	if to.NeedsKeptSecret() {
		take = client.KeptSecret
	}
	for _, secret := range c.Secret {
		resolved, err := clientSecret(secret, take)
		if err != nil {
			faults = append(faults, fmt.Errorf("secret: %w", err))
			continue
		}
		to.Secrets = append(to.Secrets, resolved)
	}
	if len(faults) > 0 {
		// So that the fault is not told again, as a secret that is missing, a hash or too short.
		to.Secrets = []client.Secret{client.KeptSecret(strings.Repeat(setting.Redacted, 10))}
	}
	return faults
}

// clientSecret resolves a configured secret, which may be a digest, a hash of one of Caddy's modules, or the
// secret itself, which take takes.
func clientSecret(configured Secret, take func(plain string) client.Secret) (client.Secret, error) {
	resolved, err := configured.Resolve()
	switch {
	case err != nil:
		return client.Secret{}, err
	case client.IsDigestSecret(resolved):
		secret, err := client.DigestSecret(resolved)
		if err != nil {
			return client.Secret{}, errors.New("is not a digest as `caddy openid hash-secret` writes it")
		}
		return secret, nil
	case strings.HasPrefix(resolved, "$"):
		if err := (passwords{}).CheckHash([]byte(resolved)); err != nil {
			return client.Secret{}, errors.New("begins like a hash, but is none of argon2id, bcrypt or sha256")
		}
		return client.HashedSecret(resolved, passwords{}.Compare), nil
	}
	return take(resolved), nil
}
