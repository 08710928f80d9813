package oauth

// The response types and modes served (RFC 6749 section 3.1.1, OAuth 2.0 Multiple Response Type
// Encoding Practices section 2.1, OAuth 2.0 Form Post Response Mode).
const (
	ResponseTypeCode     = "code"
	ResponseModeQuery    = "query"
	ResponseModeFormPost = "form_post"
)

// The grant types served (RFC 6749 sections 4.1, 6 and 4.4).
const (
	GrantAuthorizationCode = "authorization_code"
	GrantRefreshToken      = "refresh_token"
	GrantClientCredentials = "client_credentials"
)

// The client authentication methods served (RFC 7591 section 2).
const (
	AuthNone              = "none"
	AuthClientSecretBasic = "client_secret_basic"
	AuthClientSecretPost  = "client_secret_post"
)
