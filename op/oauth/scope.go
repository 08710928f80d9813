package oauth

import (
	"slices"
	"strings"
)

// The scopes OpenID Connect gives a meaning (OIDC Core sections 3.1.2.1, 5.4 and 11).
const (
	ScopeOpenID        = "openid"
	ScopeProfile       = "profile"
	ScopeEmail         = "email"
	ScopeAddress       = "address"
	ScopePhone         = "phone"
	ScopeOfflineAccess = "offline_access"
)

// maxScopes bounds what one request may name, so that no list is worth a long search.
const maxScopes = 100

// Scopes is a set of scope names in the order they were first named.
type Scopes []string

// IdentityScopes are the scopes that belong to the provider itself and to no resource.
var IdentityScopes = Scopes{ScopeOpenID, ScopeProfile, ScopeEmail, ScopeAddress, ScopePhone, ScopeOfflineAccess}

// IdentityScope reports whether name is one of IdentityScopes.
func IdentityScope(name string) bool { return IdentityScopes.Has(name) }

// ParseScopes reads a scope parameter (RFC 6749 section 3.3): names separated by one space each or
// more, at most 100, repeated names folded. The empty string is nil.
func ParseScopes(s string) (Scopes, error) {
	var scopes Scopes
	for name := range strings.SplitSeq(s, " ") {
		switch {
		case name == "":
			continue
		case !ValidScope(name):
			return nil, InvalidScope("scope has a character that is not allowed", nil)
		case scopes.Has(name):
			continue
		case len(scopes) == maxScopes:
			return nil, InvalidScope("scope names too many scopes", nil)
		}
		scopes = append(scopes, name)
	}
	return scopes, nil
}

// ValidScope reports whether name is a scope-token (RFC 6749 section 3.3).
func ValidScope(name string) bool {
	for i := range len(name) {
		if c := name[i]; c < 0x21 || c > 0x7e || c == '"' || c == '\\' {
			return false
		}
	}
	return name != ""
}

// Has reports whether name is in the set.
func (s Scopes) Has(name string) bool { return slices.Contains(s, name) }

// HasAll reports whether every one of other is in the set.
func (s Scopes) HasAll(other Scopes) bool {
	for _, name := range other {
		if !s.Has(name) {
			return false
		}
	}
	return true
}

// Only returns the names of s that are allowed, in the order of s.
func (s Scopes) Only(allowed Scopes) Scopes {
	return s.filter(allowed.Has)
}

// Without returns the names of s that are not in dropped, in the order of s.
func (s Scopes) Without(dropped Scopes) Scopes {
	return s.filter(func(name string) bool { return !dropped.Has(name) })
}

// Union returns s followed by those of other that s lacks.
func (s Scopes) Union(other Scopes) Scopes {
	return append(slices.Clone(s), other.Without(s)...)
}

// Equal reports whether both hold the same names, in whatever order.
func (s Scopes) Equal(other Scopes) bool { return s.HasAll(other) && other.HasAll(s) }

// String is the scope parameter again.
func (s Scopes) String() string { return strings.Join(s, " ") }

func (s Scopes) filter(keep func(string) bool) Scopes {
	var kept Scopes
	for _, name := range s {
		if keep(name) {
			kept = append(kept, name)
		}
	}
	return kept
}
