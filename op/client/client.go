package client

import (
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// The application types (OIDC Dynamic Client Registration section 2).
const (
	ApplicationWeb    = "web"
	ApplicationNative = "native"
)

// When a client gets a refresh token.
const (
	RefreshOfflineAccess = "offline_access" // as OIDC Core section 11 has it; the default
	RefreshAlways        = "always"         // without being asked; it dies with the session
	RefreshNever         = "never"
)

// Client is one relying party or service. It is read-only once it is in a Registry.
type Client struct {
	ID string
	// Name is shown to people; a Registry fills it with ID when it is empty.
	Name string
	// ApplicationType is ApplicationWeb or ApplicationNative; "" goes by the redirect URIs.
	ApplicationType string
	// AuthMethods are those of oauth.Auth…; none stated and a secret means Basic or post.
	AuthMethods []string
	// Secrets all count, so that one can be replaced without an outage.
	Secrets      []Secret
	RedirectURIs []string
	// GrantTypes are those of oauth.Grant…; none stated means authorization_code.
	GrantTypes []string
	// ResponseTypes are those it uses; none stated means code.
	ResponseTypes []string
	// Scopes are all it may ask for.
	Scopes oauth.Scopes
	// DefaultResource is the audience of a request that names none.
	DefaultResource string
	// Introspect are the resources for whose tokens it may ask the introspection endpoint.
	Introspect []string
	// ConsentSkip lets the person pass without the consent page.
	ConsentSkip bool
	// Refresh is one of Refresh…; "" is RefreshOfflineAccess.
	Refresh string
	// Configured says that the operator wrote the client down; a Registry sets it.
	Configured bool
	// Disabled ends all that hangs from the client.
	Disabled bool
	// PolicyURI and TOSURI are linked from the consent page. LogoURI and ClientURI say where to learn more;
	// the page shows nothing that it would have to load from elsewhere.
	LogoURI, PolicyURI, TOSURI, ClientURI string
	// SubjectType is "public" or "", which is the same.
	SubjectType string
	// IDTokenAlg signs its ID tokens; "" is RS256 (OIDC Core section 15.1).
	IDTokenAlg string
	// Contacts are the people responsible.
	Contacts []string
}

// Public reports whether the client cannot keep a secret (RFC 6749 section 2.1).
func (c *Client) Public() bool { return slices.Contains(c.AuthMethods, oauth.AuthNone) }

// Native reports whether the client runs on the person's own device (RFC 8252). When the type is not
// stated, a redirect URI that only a native client may have decides.
func (c *Client) Native() bool {
	if c.ApplicationType != "" {
		return c.ApplicationType == ApplicationNative
	}
	return slices.ContainsFunc(c.RedirectURIs, func(uri string) bool {
		return oauth.IsLoopbackRedirect(uri) || oauth.IsPrivateUseRedirect(uri)
	})
}

// AllowsGrantType reports whether the client may use a grant type. Whoever may be given a refresh token
// may also use it, whether or not refresh_token is written down.
func (c *Client) AllowsGrantType(grantType string) bool {
	codes := len(c.GrantTypes) == 0 || slices.Contains(c.GrantTypes, oauth.GrantAuthorizationCode)
	switch grantType {
	case oauth.GrantAuthorizationCode:
		return codes
	case oauth.GrantRefreshToken:
		if slices.Contains(c.GrantTypes, grantType) {
			return true
		}
		return codes && c.Refresh != RefreshNever &&
			(c.Refresh == RefreshAlways || c.Scopes.Has(oauth.ScopeOfflineAccess))
	}
	return slices.Contains(c.GrantTypes, grantType)
}

// AllowsResponseType reports whether the client may use a response type.
func (c *Client) AllowsResponseType(responseType string) bool {
	if !c.AllowsGrantType(oauth.GrantAuthorizationCode) {
		return false
	}
	if len(c.ResponseTypes) == 0 {
		return responseType == oauth.ResponseTypeCode
	}
	return slices.Contains(c.ResponseTypes, responseType)
}

// AllowsAuthMethod reports whether the client may authenticate this way at the token endpoint.
func (c *Client) AllowsAuthMethod(method string) bool {
	if len(c.AuthMethods) == 0 {
		return method == oauth.AuthClientSecretBasic || method == oauth.AuthClientSecretPost
	}
	return slices.Contains(c.AuthMethods, method)
}

// MatchRedirectURI reports whether presented is one of the client's redirect URIs (RFC 9700 section
// 2.1). It also has to be one that may be registered today, so that a row stored under older rules
// opens nothing.
func (c *Client) MatchRedirectURI(presented string) bool {
	native := c.Native()
	if oauth.CheckRedirectURI(presented, native) != nil {
		return false
	}
	return slices.ContainsFunc(c.RedirectURIs, func(registered string) bool {
		return oauth.MatchRedirectURI(registered, presented, native)
	})
}
