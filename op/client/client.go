package client

import (
	"encoding/json"
	"slices"
	"time"

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
	// PostLogoutRedirectURIs are where a person may be sent after signing out (OpenID Connect RP-Initiated Logout
	// section 3.1).
	PostLogoutRedirectURIs []string
	// FrontchannelLogoutURI is what the browser loads in a frame when a session ends that the client has joined, "" for
	// nothing. Every client is told which session it was, whether or not FrontchannelLogoutSessionRequired says that it
	// has to know (OpenID Connect Front-Channel Logout section 2).
	FrontchannelLogoutURI             string
	FrontchannelLogoutSessionRequired bool
	// BackchannelLogoutURI is where it is told that a session has ended, "" for nowhere (OpenID Connect Back-Channel
	// Logout section 2.2).
	BackchannelLogoutURI string
	// BackchannelLogoutSessionRequired says that it has to be told which session, not only whose.
	BackchannelLogoutSessionRequired bool
	// GrantTypes are those of oauth.Grant…; none stated means those that its response types need.
	GrantTypes []string
	// ResponseTypes are those it uses, as oauth.ParseResponseType writes them; none stated means code.
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
	// LogoURI is shown by the login and consent pages, which link PolicyURI and TOSURI. The browser loads the logo,
	// the provider never does; ClientURI is shown to nobody.
	LogoURI, PolicyURI, TOSURI, ClientURI string
	// Localized are the forms of Name and of these URIs in other languages, by member name and language tag as
	// registered: client_name#ja (OIDC Dynamic Client Registration section 2.1).
	Localized map[string]string
	// Contacts are the people responsible.
	Contacts []string
	// SubjectType is SubjectPublic or SubjectPairwise; "" is SubjectPublic (OIDC Core section 8).
	SubjectType string
	// SectorIdentifierURI groups clients that see the same pairwise subjects (OIDC Core section 8.1).
	SectorIdentifierURI string
	// JWKS are the client's public keys (RFC 7517 section 5), or JWKSURI says where they are; never both.
	JWKS    json.RawMessage
	JWKSURI string
	// AuthSigningAlg is the only algorithm its assertions may have; "" is any that fits its method.
	AuthSigningAlg string
	// IDToken and Userinfo protect what it is told. An ID token without Alg is RS256 (OIDC Core section 15.1),
	// userinfo without Alg is JSON.
	IDToken, Userinfo Protection
	// Introspection protects the introspection responses that it asks for as JWTs (RFC 9701); without Alg it is RS256.
	Introspection Protection
	// RequestObjectAlg is the only algorithm its request objects may have; "" is any asymmetric one.
	RequestObjectAlg string
	// RequestURIs are the request_uri values it may pass (OIDC Core section 6.2).
	RequestURIs []string
	// DefaultMaxAge is the max_age of a request that has none; nil for no limit.
	DefaultMaxAge *time.Duration
	// RequireAuthTime says that its ID tokens always tell auth_time.
	RequireAuthTime bool
	// DefaultACRValues are the acr_values of a request that has none, the preferred first.
	DefaultACRValues []string
	// Document is what the client's metadata document says, for a client that is described by one and has just been
	// asked; nil for every other.
	Document *Metadata `json:"-"`
	// DPoPBound says that its tokens are always bound to a key (RFC 9449 section 5.2), CertificateBound that they are
	// bound to the certificate it shows (RFC 8705 section 3.4).
	DPoPBound, CertificateBound bool
	// Certificate is how its certificate is known, for tls_client_auth.
	Certificate CertificateSubject
	// InitiateLoginURI is where others may send a person to sign in at the client (OIDC Core section 4).
	InitiateLoginURI string
}

// The subject types (OIDC Core section 8).
const (
	SubjectPublic   = "public"
	SubjectPairwise = "pairwise"
)

// protections are those of everything that the client is told.
func (c *Client) protections() []Protection {
	return []Protection{c.IDToken, c.Userinfo, c.Introspection}
}

// Protection is how a JWT for the client is made, in the names of OIDC Dynamic Client Registration section 2 and
// RFC 9701 section 6.
type Protection struct {
	// Alg signs it: …_signed_response_alg.
	Alg string
	// EncryptionAlg and EncryptionEnc encrypt it for the client's key: …_encrypted_response_alg and …_enc.
	EncryptionAlg, EncryptionEnc string
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
	people := c.statesGrantType(oauth.GrantAuthorizationCode) || slices.Contains(c.GrantTypes, oauth.GrantDeviceCode)
	switch grantType {
	case oauth.GrantAuthorizationCode, oauth.GrantImplicit:
		return c.statesGrantType(grantType)
	case oauth.GrantRefreshToken:
		if slices.Contains(c.GrantTypes, grantType) {
			return true
		}
		return people && c.Refresh != RefreshNever &&
			(c.Refresh == RefreshAlways || c.Scopes.Has(oauth.ScopeOfflineAccess))
	}
	return slices.Contains(c.GrantTypes, grantType)
}

// MayRefresh reports whether the client may be given refresh tokens at all.
func (c *Client) MayRefresh() bool {
	return c.Refresh != RefreshNever && c.AllowsGrantType(oauth.GrantRefreshToken)
}

// Refreshes decides whether there will be a refresh token with what a person granted: for OpenID Connect by
// offline_access (OIDC Core section 11), for plain OAuth by the client's registration, and for a client of the
// operator's choice always.
func (c *Client) Refreshes(granted oauth.Scopes) bool {
	if !c.MayRefresh() {
		return false
	}
	return granted.Has(oauth.ScopeOfflineAccess) || !granted.Has(oauth.ScopeOpenID) || c.Refresh == RefreshAlways
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
func (c *Client) MatchRedirectURI(presented string) bool { return c.match(c.RedirectURIs, presented) }

// MatchPostLogoutRedirectURI is MatchRedirectURI for where a person goes after signing out (OpenID Connect
// RP-Initiated Logout section 3).
func (c *Client) MatchPostLogoutRedirectURI(presented string) bool {
	return c.match(c.PostLogoutRedirectURIs, presented)
}

func (c *Client) match(registered []string, presented string) bool {
	native := c.Native()
	if oauth.CheckRedirectURI(presented, native) != nil {
		return false
	}
	return slices.ContainsFunc(registered, func(one string) bool {
		return oauth.MatchRedirectURI(one, presented, native)
	})
}
