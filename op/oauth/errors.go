package oauth

import "net/http"

// InvalidRequest is a malformed request (RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3.1).
func InvalidRequest(description string, cause error) *Error {
	return refuse(http.StatusBadRequest, "invalid_request", description, cause)
}

// InvalidClient is failed client authentication (RFC 6749 section 5.2).
func InvalidClient(description string, cause error) *Error {
	return refuse(http.StatusUnauthorized, "invalid_client", description, cause)
}

// InvalidGrant is a code, refresh token or other grant that is not good (RFC 6749 section 5.2).
func InvalidGrant(description string, cause error) *Error {
	return refuse(http.StatusBadRequest, "invalid_grant", description, cause)
}

// UnauthorizedClient is a client that may not do this (RFC 6749 sections 4.1.2.1 and 5.2).
func UnauthorizedClient(description string, cause error) *Error {
	return refuse(http.StatusBadRequest, "unauthorized_client", description, cause)
}

// UnsupportedGrantType is a grant type nobody here serves (RFC 6749 section 5.2).
func UnsupportedGrantType(description string, cause error) *Error {
	return refuse(http.StatusBadRequest, "unsupported_grant_type", description, cause)
}

// UnsupportedResponseType is a response type nobody here serves (RFC 6749 section 4.1.2.1).
func UnsupportedResponseType(description string, cause error) *Error {
	return refuse(http.StatusBadRequest, "unsupported_response_type", description, cause)
}

// InvalidScope is a scope that is malformed, unknown or more than was granted (RFC 6749 section 5.2).
func InvalidScope(description string, cause error) *Error {
	return refuse(http.StatusBadRequest, "invalid_scope", description, cause)
}

// InvalidTarget is a resource that is unknown or not for this client (RFC 8707 section 2).
func InvalidTarget(description string, cause error) *Error {
	return refuse(http.StatusBadRequest, "invalid_target", description, cause)
}

// AccessDenied is a no by the person or by a rule (RFC 6749 section 4.1.2.1).
func AccessDenied(description string, cause error) *Error {
	return refuse(http.StatusForbidden, "access_denied", description, cause)
}

// LoginRequired is prompt=none without a fitting session (OIDC Core section 3.1.2.6).
func LoginRequired(description string, cause error) *Error {
	return refuse(http.StatusBadRequest, "login_required", description, cause)
}

// ConsentRequired is prompt=none without consent (OIDC Core section 3.1.2.6).
func ConsentRequired(description string, cause error) *Error {
	return refuse(http.StatusBadRequest, "consent_required", description, cause)
}

// InvalidRequestObject is a request object that is not good (OIDC Core section 3.1.2.6).
func InvalidRequestObject(description string, cause error) *Error {
	return refuse(http.StatusBadRequest, "invalid_request_object", description, cause)
}

// InvalidRequestURI is a request_uri that leads to nothing good (OIDC Core section 3.1.2.6).
func InvalidRequestURI(description string, cause error) *Error {
	return refuse(http.StatusBadRequest, "invalid_request_uri", description, cause)
}

// UnmetAuthenticationRequirements is a sign-in that cannot be what the client wants of it (OpenID Connect
// Core Error Code unmet_authentication_requirements section 2).
func UnmetAuthenticationRequirements(description string, cause error) *Error {
	return refuse(http.StatusBadRequest, "unmet_authentication_requirements", description, cause)
}

// InvalidRedirectURI is a redirect_uri that may not be registered (RFC 7591 section 3.2.2).
func InvalidRedirectURI(description string, cause error) *Error {
	return refuse(http.StatusBadRequest, "invalid_redirect_uri", description, cause)
}

// InvalidClientMetadata is any other metadata that may not be registered (RFC 7591 section 3.2.2).
func InvalidClientMetadata(description string, cause error) *Error {
	return refuse(http.StatusBadRequest, "invalid_client_metadata", description, cause)
}

// InvalidToken is an access token that is not live (RFC 6750 section 3.1).
func InvalidToken(description string, cause error) *Error {
	return refuse(http.StatusUnauthorized, "invalid_token", description, cause)
}

// InsufficientScope is a live token that does not allow this (RFC 6750 section 3.1).
func InsufficientScope(description string, cause error) *Error {
	return refuse(http.StatusForbidden, "insufficient_scope", description, cause)
}

// MethodNotAllowed is an HTTP method this endpoint does not serve (RFC 9110 section 15.5.6).
func MethodNotAllowed(description string, cause error) *Error {
	return refuse(http.StatusMethodNotAllowed, "invalid_request", description, cause)
}

// TooManyRequests is a throttled caller (RFC 6585 section 4).
func TooManyRequests(description string, cause error) *Error {
	return refuse(http.StatusTooManyRequests, "temporarily_unavailable", description, cause)
}
