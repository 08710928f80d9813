package signin

import "slices"

// The authentication contexts of a sign-in (OIDC Core section 2, acr).
const (
	// ACRPassword is what a session begun with a password has.
	ACRPassword = "pwd"
	// ACRPasswordProtectedTransport is the same in the words of SAML (Authentication Context for SAML 2.0
	// section 3.4.4): a password, over TLS.
	ACRPasswordProtectedTransport = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport" //nolint:gosec // a name, no password
)

// contexts are, for the acr of a session, all names that it may truly be told under.
var contexts = map[string][]string{
	ACRPassword: {ACRPassword, ACRPasswordProtectedTransport},
}

// ACRValues are what a client may ask for (acr_values_supported, OIDC Discovery section 3).
func ACRValues() []string { return []string{ACRPassword, ACRPasswordProtectedTransport} }

// CanGive reports whether some sign-in here has this authentication context.
func CanGive(acr string) bool { return slices.Contains(ACRValues(), acr) }

// MeetACR is the acr to tell of a session to somebody who wants one of these, the preferred first: the first
// that the session has. met is false when it has none of them; told is then the session's own.
func MeetACR(session string, wanted []string) (told string, met bool) {
	for _, acr := range wanted {
		if acr != "" && (acr == session || slices.Contains(contexts[session], acr)) {
			return acr, true
		}
	}
	return session, false
}
