package oauth

import "net/http"

// The errors that decide nothing (RFC 8628 section 3.5).
const (
	codePending  = "authorization_pending"
	codeSlowDown = "slow_down"
)

// Waits reports whether the error only says that a device has to ask again.
func (e *Error) Waits() bool { return e.Code == codePending || e.Code == codeSlowDown }

// AuthorizationPending is a device whose person has not answered yet (RFC 8628 section 3.5).
func AuthorizationPending(description string, cause error) *Error {
	return refuse(http.StatusBadRequest, codePending, description, cause)
}

// SlowDown is AuthorizationPending for a device that asks too often: from now on it waits five seconds longer (RFC
// 8628 section 3.5).
func SlowDown(description string, cause error) *Error {
	return refuse(http.StatusBadRequest, codeSlowDown, description, cause)
}

// ExpiredToken is a device code whose time is over (RFC 8628 section 3.5).
func ExpiredToken(description string, cause error) *Error {
	return refuse(http.StatusBadRequest, "expired_token", description, cause)
}

// DeviceDenied is a person's no as a device is told of it (RFC 8628 section 3.5): AccessDenied with the status of
// the token endpoint's errors (RFC 6749 section 5.2).
func DeviceDenied(description string, cause error) *Error {
	return refuse(http.StatusBadRequest, "access_denied", description, cause)
}
