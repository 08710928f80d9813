package oauth

import (
	"slices"
	"strings"
)

// The response types served (RFC 6749 section 3.1.1, OAuth 2.0 Multiple Response Type Encoding Practices
// sections 2 to 5), each with its parts in the order in which it is registered.
const (
	ResponseTypeCode             = "code"
	ResponseTypeIDToken          = "id_token"
	ResponseTypeIDTokenToken     = "id_token token"
	ResponseTypeCodeIDToken      = "code id_token"
	ResponseTypeCodeToken        = "code token"
	ResponseTypeCodeIDTokenToken = "code id_token token"
	ResponseTypeNone             = "none"
)

// ResponseTypes are all that a provider can be told to offer.
var ResponseTypes = []string{
	ResponseTypeCode, ResponseTypeIDToken, ResponseTypeIDTokenToken, ResponseTypeCodeIDToken,
	ResponseTypeCodeToken, ResponseTypeCodeIDTokenToken, ResponseTypeNone,
}

// The response modes served (OAuth 2.0 Multiple Response Type Encoding Practices section 2.1, OAuth 2.0 Form
// Post Response Mode section 2).
const (
	ResponseModeQuery    = "query"
	ResponseModeFragment = "fragment"
	ResponseModeFormPost = "form_post"
)

// ParseResponseType reads a response_type, whose parts may stand in any order (RFC 6749 section 3.1.1), and
// gives it as it is registered; false for one that nobody here serves.
func ParseResponseType(text string) (string, bool) {
	asked := strings.Split(text, " ")
	for _, known := range ResponseTypes {
		parts := strings.Split(known, " ")
		if len(parts) == len(asked) && !slices.ContainsFunc(parts, func(part string) bool { return !slices.Contains(asked, part) }) {
			return known, true
		}
	}
	return "", false
}

// Yields reports whether a response type has a part: code, id_token or token.
func Yields(responseType, part string) bool {
	return slices.Contains(strings.Split(responseType, " "), part)
}

// FrontChannel reports whether a response type yields a token from the authorization endpoint itself. Such an
// answer must never be in a query, which servers and histories keep (OAuth 2.0 Multiple Response Type Encoding
// Practices section 3 and 5, OIDC Core sections 3.2.2.5 and 3.3.2.5).
func FrontChannel(responseType string) bool {
	return Yields(responseType, "id_token") || Yields(responseType, "token")
}

// DefaultResponseMode is that of a response type when a request names none, for errors too (OAuth 2.0 Multiple
// Response Type Encoding Practices sections 2.1, 3 and 5).
func DefaultResponseMode(responseType string) string {
	if FrontChannel(responseType) {
		return ResponseModeFragment
	}
	return ResponseModeQuery
}

// GrantTypesOf are the grant types that a client of a response type uses and has to be registered for (OIDC
// Dynamic Client Registration section 2); none for ResponseTypeNone.
func GrantTypesOf(responseType string) []string {
	var grantTypes []string
	if Yields(responseType, "code") {
		grantTypes = append(grantTypes, GrantAuthorizationCode)
	}
	if FrontChannel(responseType) {
		grantTypes = append(grantTypes, GrantImplicit)
	}
	return grantTypes
}

// The grant types served (RFC 6749 sections 4.1, 6 and 4.4, RFC 8628 section 3.4). Implicit is what a client registers for response
// types that yield a token without a code (OIDC Dynamic Client Registration section 2); the token endpoint
// has nothing of that name.
const (
	GrantAuthorizationCode = "authorization_code"
	GrantRefreshToken      = "refresh_token"
	GrantClientCredentials = "client_credentials"
	GrantImplicit          = "implicit"
	GrantDeviceCode        = "urn:ietf:params:oauth:grant-type:device_code"
)

// The client authentication methods served (RFC 7591 section 2, OIDC Core section 9).
const (
	AuthNone              = "none"
	AuthClientSecretBasic = "client_secret_basic"
	AuthClientSecretPost  = "client_secret_post"
	AuthClientSecretJWT   = "client_secret_jwt"
	AuthPrivateKeyJWT     = "private_key_jwt"
	AuthTLSClient         = "tls_client_auth"             // RFC 8705 section 2.1
	AuthSelfSignedTLS     = "self_signed_tls_client_auth" // RFC 8705 section 2.2
)
