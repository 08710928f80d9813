package discovery

import (
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// responseAlgs are those that a client may register for what it is told: the provider's own and those of its secret.
func responseAlgs(ring []string) []string { return slices.Concat(ring, keys.HMACAlgs) }

// idTokenAlgs hold none as well where a client can get all its ID tokens straight from the token endpoint (OIDC
// Core section 2).
func idTokenAlgs(ring, responseTypes []string) []string {
	algs := responseAlgs(ring)
	if slices.ContainsFunc(responseTypes, func(responseType string) bool {
		return oauth.Yields(responseType, "code") && !oauth.Yields(responseType, "id_token")
	}) {
		algs = append(algs, keys.AlgNone)
	}
	return algs
}
