package caddymodule

import (
	"encoding/json"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
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

	// How the client may authenticate: `none`, `client_secret_basic`, `client_secret_post`, `client_secret_jwt`,
	// `private_key_jwt`, `tls_client_auth`, `self_signed_tls_client_auth`. Default: basic or post. A client that cannot keep a secret must say `none`. The secret
	// of `client_secret_jwt` must be given as itself, not as a hash, and so must one that signs ID tokens or
	// userinfo by an `HS` algorithm.
	Auth []string `json:"auth,omitempty"`

	// The only algorithm that the client's assertions may be signed with. Default: any that fits how it
	// authenticates.
	TokenEndpointAuthSigningAlg string `json:"token_endpoint_auth_signing_alg,omitempty"`

	// The client's public keys, a JWK Set: for `private_key_jwt`, for request objects, and to encrypt for.
	JWKS json.RawMessage `json:"jwks,omitempty"`

	// A file with the client's public keys, in place of `jwks`. It is read when the configuration is loaded. A
	// placeholder may stand for its name, or for the keys.
	JWKSFile string `json:"jwks_file,omitempty"`

	// Where the client publishes its public keys, in place of `jwks`.
	JWKSURI string `json:"jwks_uri,omitempty"`

	// The kind of application, `web` or `native`. Default: `native` if a redirect URI is a loopback address
	// or of a private-use scheme, `web` otherwise.
	ApplicationType string `json:"application_type,omitempty"`

	// Where authorization responses may go. Compared byte for byte; only the port of a native application's
	// loopback address may differ.
	RedirectURIs []string `json:"redirect_uris,omitempty"`

	// Where people may be sent after signing out, if the client asks for it. Compared as `redirect_uris` are.
	PostLogoutRedirectURIs []string `json:"post_logout_redirect_uris,omitempty"`

	// What a browser loads in a frame when the session that it was signed in with ends, if the client joined it: of
	// the same scheme, host and port as one of `redirect_uris`. It is called with the parameters `iss` and `sid`.
	FrontchannelLogoutURI string `json:"frontchannel_logout_uri,omitempty"`

	// Whether the client has to be told `iss` and `sid` there. They are always told.
	FrontchannelLogoutSessionRequired bool `json:"frontchannel_logout_session_required,omitempty"`

	// Where the client is told that a session has ended. Default: it is not told.
	BackchannelLogoutURI string `json:"backchannel_logout_uri,omitempty"`

	// If true, the client is told which of its sessions has ended, not only whose. It always is where that is
	// known.
	BackchannelLogoutSessionRequired bool `json:"backchannel_logout_session_required,omitempty"`

	// The grant types the client may use: `authorization_code`, `implicit`, `refresh_token`, `client_credentials`,
	// `device_code` (RFC 8628, whose long name urn:ietf:params:oauth:grant-type:device_code may stand as well).
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

	// The subjects the client sees: `public`, the same for all clients, or `pairwise`, those of its sector
	// alone. Default: `public`.
	SubjectType string `json:"subject_type,omitempty"`

	// What makes a sector of clients whose redirect URIs are on several hosts. Default: the one host of the
	// redirect URIs.
	SectorIdentifierURI string `json:"sector_identifier_uri,omitempty"`

	// The algorithm that ID tokens for the client are signed with: one of the provider's keys; `HS256`, `HS384`
	// or `HS512` by the client's secret; or `none`, for a client that gets no ID token from the authorization
	// endpoint. Default: `RS256`.
	IDTokenSignedResponseAlg string `json:"id_token_signed_response_alg,omitempty"`

	// How the key is agreed on that ID tokens are encrypted with: `RSA-OAEP-256`, `ECDH-ES` or
	// `ECDH-ES+A256KW`. Default: they are not encrypted.
	IDTokenEncryptedResponseAlg string `json:"id_token_encrypted_response_alg,omitempty"`

	// How ID tokens are encrypted with that key: `A128CBC-HS256` or `A256GCM`. Default: `A128CBC-HS256`.
	IDTokenEncryptedResponseEnc string `json:"id_token_encrypted_response_enc,omitempty"`

	// The algorithm that userinfo is signed with, as for ID tokens; with `none` it is a JWT that is not signed.
	// Default: it is JSON.
	UserinfoSignedResponseAlg string `json:"userinfo_signed_response_alg,omitempty"`

	// How the key is agreed on that userinfo is encrypted with, as for ID tokens. Default: it is not encrypted.
	UserinfoEncryptedResponseAlg string `json:"userinfo_encrypted_response_alg,omitempty"`

	// How userinfo is encrypted with that key, as for ID tokens. Default: `A128CBC-HS256`.
	UserinfoEncryptedResponseEnc string `json:"userinfo_encrypted_response_enc,omitempty"`

	// The algorithm that introspection responses are signed with if the client asks for JWTs (RFC 9701). Default: `RS256`.
	IntrospectionSignedResponseAlg string `json:"introspection_signed_response_alg,omitempty"`

	// How the key is agreed on that these are encrypted with, as for ID tokens. Default: they are not encrypted.
	IntrospectionEncryptedResponseAlg string `json:"introspection_encrypted_response_alg,omitempty"`

	// How these are encrypted with that key, as for ID tokens. Default: `A128CBC-HS256`.
	IntrospectionEncryptedResponseEnc string `json:"introspection_encrypted_response_enc,omitempty"`

	// The only algorithm that the client's request objects may be signed with; `none` lets them be unsigned.
	// Default: any but `none`.
	RequestObjectSigningAlg string `json:"request_object_signing_alg,omitempty"`

	// The request_uri values that the client may pass. Behind one without a fragment it may hang any, such as the
	// digest of what is there.
	RequestURIs []string `json:"request_uris,omitempty"`

	// How long ago the user may have signed in when a request does not say. Default: as long as the session.
	DefaultMaxAge *caddy.Duration `json:"default_max_age,omitempty"`

	// If true, every ID token for the client has `auth_time`.
	RequireAuthTime bool `json:"require_auth_time,omitempty"`

	// The authentication contexts that a request asks for when it does not say, the preferred first.
	DefaultACRValues []string `json:"default_acr_values,omitempty"`

	// Where others may send a user to have them sign in at the client.
	InitiateLoginURI string `json:"initiate_login_uri,omitempty"`

	// If true, the client gets access tokens only with a DPoP proof, bound to its key.
	DPoPBoundAccessTokens bool `json:"dpop_bound_access_tokens,omitempty"`

	// If true, the client's access tokens are bound to the certificate it shows (RFC 8705), and it gets none without.
	TLSClientCertificateBoundAccessTokens bool `json:"tls_client_certificate_bound_access_tokens,omitempty"`

	// The subject of the certificate of a client with `auth tls_client_auth`, as RFC 4514 writes it.
	TLSClientAuthSubjectDN string `json:"tls_client_auth_subject_dn,omitempty"`

	// Or the DNS name that its certificate has as a subject alternative name.
	TLSClientAuthSANDNS string `json:"tls_client_auth_san_dns,omitempty"`

	// Or the URI.
	TLSClientAuthSANURI string `json:"tls_client_auth_san_uri,omitempty"`

	// Or the IP address.
	TLSClientAuthSANIP string `json:"tls_client_auth_san_ip,omitempty"`

	// Or the mail address.
	TLSClientAuthSANEmail string `json:"tls_client_auth_san_email,omitempty"`

	// The client's home page.
	ClientURI string `json:"client_uri,omitempty"`

	// The client's logo. The browser loads it for the login and consent pages.
	LogoURI string `json:"logo_uri,omitempty"`

	// The client's privacy policy, linked from the login and consent pages.
	PolicyURI string `json:"policy_uri,omitempty"`

	// The client's terms of service, linked from the login and consent pages.
	TOSURI string `json:"tos_uri,omitempty"`

	// Forms of `name`, `client_uri`, `logo_uri`, `policy_uri` and `tos_uri` in other languages, under the name,
	// `#` and the language tag: `name#ja`.
	Localized map[string]string `json:"localized,omitempty"`

	// Who answers for the client, usually mail addresses.
	Contacts []string `json:"contacts,omitempty"`

	// If true, the client gets no tokens and all it has are dead.
	Disabled bool `json:"disabled,omitempty"`
}

// UnmarshalCaddyfile reads a client. Syntax:
//
//	client <id> {
//		name                            <name>
//		secret                          <secrets...>
//		auth                            none|client_secret_basic|client_secret_post|client_secret_jwt|private_key_jwt|tls_client_auth|self_signed_tls_client_auth...
//		token_endpoint_auth_signing_alg <alg>
//		jwks                            <file>|<json>
//		jwks_uri                        <uri>
//		application_type                web|native
//		redirect_uris                   <uris...>
//		post_logout_redirect_uris       <uris...>
//		backchannel_logout_uri          <uri>
//		backchannel_logout_session_required
//		grant_types                     authorization_code|implicit|refresh_token|client_credentials|device_code...
//		response_types                  <types...>
//		scopes                          <scopes...>
//		default_resource                <uri>
//		introspect                      <uris...>
//		consent                         ask|skip
//		refresh                         offline_access|always|never
//		subject_type                    public|pairwise
//		sector_identifier_uri           <uri>
//		id_token_signed_response_alg    <alg>
//		id_token_encrypted_response_alg <alg>
//		id_token_encrypted_response_enc <enc>
//		userinfo_signed_response_alg    <alg>
//		userinfo_encrypted_response_alg <alg>
//		userinfo_encrypted_response_enc <enc>
//		introspection_signed_response_alg    <alg>
//		introspection_encrypted_response_alg <alg>
//		introspection_encrypted_response_enc <enc>
//		request_object_signing_alg      <alg>
//		request_uris                    <uris...>
//		default_max_age                 <duration>
//		require_auth_time
//		default_acr_values              <values...>
//		initiate_login_uri              <uri>
//		dpop_bound_access_tokens
//		tls_client_certificate_bound_access_tokens
//		tls_client_auth_subject_dn      <name>
//		tls_client_auth_san_dns         <host>
//		tls_client_auth_san_uri         <uri>
//		tls_client_auth_san_ip          <address>
//		tls_client_auth_san_email       <address>
//		client_uri                      <uri>
//		logo_uri                        <uri>
//		policy_uri                      <uri>
//		tos_uri                         <uri>
//		contacts                        <contacts...>
//		disabled
//
//		frontchannel_logout_uri              <uri>
//		frontchannel_logout_session_required
//	}
//
// name, client_uri, logo_uri, policy_uri and tos_uri may stand again for other languages: name#ja <name>.
func (c *Client) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	if !d.NextArg() {
		return d.ArgErr()
	}
	c.ID = d.Val()
	if d.NextArg() {
		return d.ArgErr()
	}
	return readBlock(d, "client "+c.ID, words{
		"name":                            localized(text(&c.Name), &c.Localized),
		"secret":                          list(&c.Secret),
		"auth":                            list(&c.Auth),
		"token_endpoint_auth_signing_alg": text(&c.TokenEndpointAuthSigningAlg),
		"jwks":                            keySet(&c.JWKS, &c.JWKSFile),
		"jwks_uri":                        text(&c.JWKSURI),
		"application_type":                oneOf(&c.ApplicationType, "web", "native"),
		"redirect_uris":                   list(&c.RedirectURIs),
		"post_logout_redirect_uris":       list(&c.PostLogoutRedirectURIs),
		"backchannel_logout_uri":          text(&c.BackchannelLogoutURI),
		"grant_types":                     list(&c.GrantTypes),
		"response_types":                  responseTypes(&c.ResponseTypes),
		"scopes":                          list(&c.Scopes),
		"default_resource":                text(&c.DefaultResource),
		"introspect":                      list(&c.Introspect),
		"consent":                         oneOf(&c.Consent, "ask", "skip"),
		"refresh":                         oneOf(&c.Refresh, "offline_access", "always", "never"),
		"subject_type":                    oneOf(&c.SubjectType, "public", "pairwise"),
		"sector_identifier_uri":           text(&c.SectorIdentifierURI),
		"id_token_signed_response_alg":    text(&c.IDTokenSignedResponseAlg),
		"id_token_encrypted_response_alg": text(&c.IDTokenEncryptedResponseAlg),
		"id_token_encrypted_response_enc": text(&c.IDTokenEncryptedResponseEnc),
		"userinfo_signed_response_alg":    text(&c.UserinfoSignedResponseAlg),
		"userinfo_encrypted_response_alg": text(&c.UserinfoEncryptedResponseAlg),
		"userinfo_encrypted_response_enc": text(&c.UserinfoEncryptedResponseEnc),

		"introspection_signed_response_alg":    text(&c.IntrospectionSignedResponseAlg),
		"introspection_encrypted_response_alg": text(&c.IntrospectionEncryptedResponseAlg),
		"introspection_encrypted_response_enc": text(&c.IntrospectionEncryptedResponseEnc),

		"request_object_signing_alg": text(&c.RequestObjectSigningAlg),
		"request_uris":               list(&c.RequestURIs),
		"default_max_age":            maxAge(&c.DefaultMaxAge),
		"require_auth_time":          flag(&c.RequireAuthTime),
		"default_acr_values":         list(&c.DefaultACRValues),
		"initiate_login_uri":         text(&c.InitiateLoginURI),
		"client_uri":                 localized(text(&c.ClientURI), &c.Localized),
		"logo_uri":                   localized(text(&c.LogoURI), &c.Localized),
		"policy_uri":                 localized(text(&c.PolicyURI), &c.Localized),
		"tos_uri":                    localized(text(&c.TOSURI), &c.Localized),
		"contacts":                   list(&c.Contacts),
		"disabled":                   flag(&c.Disabled),

		"frontchannel_logout_uri":              text(&c.FrontchannelLogoutURI),
		"frontchannel_logout_session_required": flag(&c.FrontchannelLogoutSessionRequired),
		"backchannel_logout_session_required":  flag(&c.BackchannelLogoutSessionRequired),

		"dpop_bound_access_tokens":                   flag(&c.DPoPBoundAccessTokens),
		"tls_client_certificate_bound_access_tokens": flag(&c.TLSClientCertificateBoundAccessTokens),

		"tls_client_auth_subject_dn": text(&c.TLSClientAuthSubjectDN),
		"tls_client_auth_san_dns":    text(&c.TLSClientAuthSANDNS),
		"tls_client_auth_san_uri":    text(&c.TLSClientAuthSANURI),
		"tls_client_auth_san_ip":     text(&c.TLSClientAuthSANIP),
		"tls_client_auth_san_email":  text(&c.TLSClientAuthSANEmail),
	})
}

// Interface guards
var _ caddyfile.Unmarshaler = (*Client)(nil)
