package discovery

import (
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// responseModes are the default modes of the response types, and form_post, which serves each of them.
func responseModes(responseTypes []string) []string {
	var modes []string
	for _, mode := range []string{oauth.ResponseModeQuery, oauth.ResponseModeFragment} {
		if slices.ContainsFunc(responseTypes, func(responseType string) bool { return oauth.DefaultResponseMode(responseType) == mode }) {
			modes = append(modes, mode)
		}
	}
	return append(modes, oauth.ResponseModeFormPost)
}

// grantTypes are those that the response types are a part of, and those that need none. Whoever offers no
// implicit flow does not say so either.
func grantTypes(responseTypes []string) []string {
	var used []string
	for _, grantType := range []string{oauth.GrantAuthorizationCode, oauth.GrantImplicit} {
		if slices.ContainsFunc(responseTypes, func(responseType string) bool {
			return slices.Contains(oauth.GrantTypesOf(responseType), grantType)
		}) {
			used = append(used, grantType)
		}
	}
	return append(used, oauth.GrantRefreshToken, oauth.GrantClientCredentials, oauth.GrantDeviceCode)
}

// hashesCode reports whether an ID token of this response type says which code came with it (OIDC Core section
// 3.3.2.11).
func hashesCode(responseType string) bool {
	return oauth.Yields(responseType, "code") && oauth.Yields(responseType, "id_token")
}
