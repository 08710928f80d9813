package resource

import "github.com/seed-5b16f944/gatehouse/op/oauth"

// identityDescriptions say in plain words what the scopes of OpenID Connect give away (OIDC Core
// sections 5.4 and 11).
var identityDescriptions = map[string]string{
	oauth.ScopeOpenID:        "Know who you are",
	oauth.ScopeProfile:       "See your profile: names, picture and other details",
	oauth.ScopeEmail:         "See your e-mail address",
	oauth.ScopeAddress:       "See your postal address",
	oauth.ScopePhone:         "See your phone number",
	oauth.ScopeOfflineAccess: "Keep this access while you are away",
}

// Describe is what the consent page says about a scope: the operator's words, those that stand with a resource
// last, else ours for a scope of
// OpenID Connect, else its name.
func (s *Set) Describe(scope string) string {
	for _, said := range s.scopes {
		if said.Name == scope && said.Description != "" {
			return said.Description
		}
	}
	for _, r := range s.resources {
		if words := r.Descriptions[scope]; words != "" {
			return words
		}
	}
	if words, ok := identityDescriptions[scope]; ok {
		return words
	}
	return scope
}
