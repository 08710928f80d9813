package caddymodule

import (
	"errors"
	"fmt"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Client is a client the operator configured: an application that gets tokens. Members that RFC 7591 section
// 2 defines are named as it names them.
type Client struct {
	// The client identifier.
	ID string `json:"id"`

	// What the consent page calls the client.
	Name string `json:"name,omitempty"`

	// The secrets of the client: each a placeholder, a hash as `caddy hash-password` writes it, or a digest
	// as `caddy openid hash-secret` writes it. Any of them is good, so that a secret can be replaced without
	// an outage.
	Secret []Secret `json:"secret,omitempty"`

	// How the client may authenticate: `none`, `client_secret_basic`, `client_secret_post`. Default: either
	// of the latter two. A client that cannot keep a secret must say `none`.
	Auth []string `json:"auth,omitempty"`

	// The kind of application, `web` or `native`. Default: `native` if a redirect URI is a loopback address
	// or of a private-use scheme, `web` otherwise.
	ApplicationType string `json:"application_type,omitempty"`

	// Where authorization responses may go. Compared byte for byte; only the port of a native application's
	// loopback address may differ.
	RedirectURIs []string `json:"redirect_uris,omitempty"`

	// The grant types the client may use: `authorization_code`, `implicit`, `refresh_token`, `client_credentials`.
	// Default: those that its response types need.
	GrantTypes []string `json:"grant_types,omitempty"`

	// The response types the client uses, also beyond what the provider offers to all. Default: `code`.
	ResponseTypes []string `json:"response_types,omitempty"`

	// The scopes the client may get.
	Scopes []string `json:"scopes,omitempty"`

	// The resource of a request that names none.
	DefaultResource string `json:"default_resource,omitempty"`

	// The resources whose tokens the client may introspect.
	Introspect []string `json:"introspect,omitempty"`

	// Whether the user is asked before the client gets tokens: `ask` or `skip`. Default: `ask`.
	Consent string `json:"consent,omitempty"`

	// When the client gets refresh tokens: `offline_access`, `always` or `never`. Default: `offline_access`.
	Refresh string `json:"refresh,omitempty"`

	// The algorithm that ID tokens for the client are signed with. Default: `RS256`.
	IDTokenSignedResponseAlg string `json:"id_token_signed_response_alg,omitempty"`

	// The client's home page.
	ClientURI string `json:"client_uri,omitempty"`

	// The client's logo. The consent page does not show it, since it loads nothing from elsewhere.
	LogoURI string `json:"logo_uri,omitempty"`

	// The client's privacy policy, linked from the consent page.
	PolicyURI string `json:"policy_uri,omitempty"`

	// The client's terms of service, linked from the consent page.
	TOSURI string `json:"tos_uri,omitempty"`

	// Who answers for the client, usually mail addresses.
	Contacts []string `json:"contacts,omitempty"`

	// If true, the client gets no tokens and all it has are dead.
	Disabled bool `json:"disabled,omitempty"`
}

// UnmarshalCaddyfile reads a client. Syntax:
//
//	client <id> {
//		name                         <name>
//		secret                       <secrets...>
//		auth                         none|client_secret_basic|client_secret_post...
//		application_type             web|native
//		redirect_uris                <uris...>
//		grant_types                  authorization_code|refresh_token|client_credentials...
//		response_types               <types...>
//		scopes                       <scopes...>
//		default_resource             <uri>
//		introspect                   <uris...>
//		consent                      ask|skip
//		refresh                      offline_access|always|never
//		id_token_signed_response_alg <alg>
//		client_uri                   <uri>
//		logo_uri                     <uri>
//		policy_uri                   <uri>
//		tos_uri                      <uri>
//		contacts                     <contacts...>
//		disabled
//	}
func (c *Client) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	if !d.NextArg() {
		return d.ArgErr()
	}
	c.ID = d.Val()
	if d.NextArg() {
		return d.ArgErr()
	}
	return readBlock(d, "client "+c.ID, words{
		"name":                         text(&c.Name),
		"secret":                       list(&c.Secret),
		"auth":                         list(&c.Auth),
		"application_type":             oneOf(&c.ApplicationType, "web", "native"),
		"redirect_uris":                list(&c.RedirectURIs),
		"grant_types":                  list(&c.GrantTypes),
		"response_types":               responseTypes(&c.ResponseTypes),
		"scopes":                       list(&c.Scopes),
		"default_resource":             text(&c.DefaultResource),
		"introspect":                   list(&c.Introspect),
		"consent":                      oneOf(&c.Consent, "ask", "skip"),
		"refresh":                      oneOf(&c.Refresh, "offline_access", "always", "never"),
		"id_token_signed_response_alg": text(&c.IDTokenSignedResponseAlg),
		"client_uri":                   text(&c.ClientURI),
		"logo_uri":                     text(&c.LogoURI),
		"policy_uri":                   text(&c.PolicyURI),
		"tos_uri":                      text(&c.TOSURI),
		"contacts":                     list(&c.Contacts),
		"disabled":                     flag(&c.Disabled),
	})
}

// config translates the client and resolves its secrets. Faults carry the path of their field, but not the
// client's.
func (c *Client) config() (*client.Client, []error) {
	var faults []error
	translated := &client.Client{
		ID:              c.ID,
		Name:            c.Name,
		ApplicationType: c.ApplicationType,
		AuthMethods:     c.Auth,
		RedirectURIs:    c.RedirectURIs,
		GrantTypes:      c.GrantTypes,
		Scopes:          oauth.Scopes(c.Scopes),
		DefaultResource: c.DefaultResource,
		Introspect:      c.Introspect,
		Refresh:         c.Refresh,
		Configured:      true,
		Disabled:        c.Disabled,
		LogoURI:         c.LogoURI,
		PolicyURI:       c.PolicyURI,
		TOSURI:          c.TOSURI,
		ClientURI:       c.ClientURI,
		IDToken:         client.Protection{Alg: c.IDTokenSignedResponseAlg},
		Contacts:        c.Contacts,
	}
	var err error
	if translated.ResponseTypes, err = namedResponseTypes(c.ResponseTypes); err != nil {
		faults = append(faults, fmt.Errorf("response_types: %w", err))
	}
	switch c.Consent {
	case "", "ask":
	case "skip":
		translated.ConsentSkip = true
	default:
		faults = append(faults, fmt.Errorf("consent: unknown value %q: ask or skip", c.Consent))
	}
	for _, secret := range c.Secret {
		resolved, err := clientSecret(secret, translated.NeedsKeptSecret())
		if err != nil {
			faults = append(faults, fmt.Errorf("secret: %w", err))
			// So that the fault is not told again, as a secret that is missing, too short or not kept.
			resolved = client.KeptSecret(strings.Repeat(redacted, 8))
		}
		translated.Secrets = append(translated.Secrets, resolved)
	}
	return translated, faults
}

// clientSecret resolves a configured secret, which may be a digest, a hash of one of Caddy's modules, or the
// secret itself. A client that makes HMACs with it needs the secret itself, which is then kept.
func clientSecret(configured Secret, keep bool) (client.Secret, error) {
	resolved, err := configured.resolve()
	switch {
	case err != nil:
		return client.Secret{}, err
	case keep && (client.IsDigestSecret(resolved) || strings.HasPrefix(resolved, "$")):
		return client.Secret{}, errors.New("is a digest or hash, but the client's algorithms need the secret itself")
	case keep:
		return client.KeptSecret(resolved), nil
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
	return client.PlainSecret(resolved), nil
}

// Interface guards
var _ caddyfile.Unmarshaler = (*Client)(nil)
