package resource

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// protocolClaims have a meaning of their own in tokens (RFC 7519 section 4.1, OIDC Core section 2, RFC
// 7662 section 2.2): no scope can hand out something else under their names.
var protocolClaims = []string{
	"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "azp", "nonce", "auth_time", "acr", "amr", "at_hash", "c_hash", "s_hash",
	"sid", "client_id", "scope", "cnf", "active", "token_type", "token_use", "events", "sub_jwk", "act", "may_act",
	"_claim_names", "_claim_sources",
}

// tokenMembers say something of their own in what a resource server is told of a token (RFC 7662 section
// 2.2, RFC 9396 section 9), beside protocolClaims.
var tokenMembers = []string{"username", "authorization_details"}

// ProtocolClaim reports whether a claim belongs to the protocol and not to a person. The case of letters
// does not matter: there are readers of JSON, Go's among them, that take "Sub" for "sub".
func ProtocolClaim(name string) bool { return oneOf(protocolClaims, name) }

// TokenMember reports whether a name has a meaning in an access token or at introspection, so that no claim of
// a person may go by it there.
func TokenMember(name string) bool { return ProtocolClaim(name) || oneOf(tokenMembers, name) }

func oneOf(names []string, name string) bool {
	return slices.ContainsFunc(names, func(known string) bool { return strings.EqualFold(known, name) })
}

func check(issuer string, resources []Resource, scopes []Scope) []error {
	var faults []error
	seen := map[string]bool{}
	if uri, err := oauth.NormalizeResource(issuer); err != nil {
		faults = append(faults, fmt.Errorf("issuer: %w", err))
	} else {
		seen[uri] = true
	}
	for _, r := range resources {
		for _, fault := range r.check(seen) {
			faults = append(faults, fmt.Errorf("resource %s: %w", r.URI, fault))
		}
	}
	return append(faults, checkScopes(scopes)...)
}

// check lists what is wrong with one resource; seen are the audiences taken already.
func (r Resource) check(seen map[string]bool) []error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }

	uri, err := oauth.NormalizeResource(r.URI)
	switch {
	case err != nil:
		fault("uri: %w", err)
	case seen[uri]:
		fault("uri: is the issuer or is declared twice")
	}
	seen[uri] = true

	checkNames(r.Scopes, "scopes", fault)
	checkNames(r.DefaultScopes, "default_scopes", fault)
	for _, name := range r.DefaultScopes.Without(r.Scopes) {
		fault("default_scopes: %q is not one of its scopes", name)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Descriptions)) {
		if !r.Scopes.Has(name) {
			fault("description: %q is not one of its scopes", name)
		}
	}
	for i, claim := range r.Claims {
		switch {
		case claim == "" || TokenMember(claim):
			fault("claims: %q belongs to the protocol", claim)
		case slices.Contains(r.Claims[:i], claim):
			fault("claims: %s is named twice", claim)
		}
	}
	if r.Token != "" && r.Token != TokenJWT && r.Token != TokenOpaque {
		fault("token: %q is neither jwt nor opaque", r.Token)
	}
	if r.AnyClient && len(r.Clients) > 0 {
		fault("clients: any and a list of clients exclude each other")
	}
	return faults
}

func checkNames(scopes oauth.Scopes, field string, fault func(string, ...any)) {
	for i, name := range scopes {
		switch {
		case !oauth.ValidScope(name):
			fault("%s: %q is not a scope", field, name)
		case oauth.IdentityScope(name):
			fault("%s: %s belongs to the provider itself", field, name)
		case scopes[:i].Has(name):
			fault("%s: %s is named twice", field, name)
		}
	}
}

func checkScopes(scopes []Scope) []error {
	var faults []error
	seen := map[string]bool{}
	for _, scope := range scopes {
		fault := func(format string, args ...any) {
			faults = append(faults, fmt.Errorf("scope %s: "+format, append([]any{scope.Name}, args...)...))
		}
		if !oauth.ValidScope(scope.Name) {
			fault("is not a scope")
		}
		if seen[scope.Name] {
			fault("is described twice")
		}
		seen[scope.Name] = true
		if len(scope.Claims) > 0 && oauth.IdentityScope(scope.Name) {
			fault("claims: those of %s are fixed by OpenID Connect", scope.Name)
		}
		if scope.AnyClient && len(scope.Clients) > 0 {
			fault("clients: any and a list of clients exclude each other")
		}
		if scope.Name == oauth.ScopeOpenID && len(scope.Clients) > 0 {
			fault("clients: without openid there is nothing to sign in to, so every client may have it")
		}
		for _, claim := range scope.Claims {
			if claim == "" || ProtocolClaim(claim) {
				fault("claims: %q belongs to the protocol", claim)
			}
		}
	}
	return faults
}
