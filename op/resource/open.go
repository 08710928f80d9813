package resource

import (
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// OpenScopes are all that a client nobody configured may ever have: those of OpenID Connect, of the resources that are
// open to every client, and what the operator opened by name; without those that are for named clients.
func (s *Set) OpenScopes() oauth.Scopes {
	open := slices.Clone(oauth.IdentityScopes)
	for _, r := range s.resources {
		if r.AnyClient {
			open = open.Union(r.Scopes)
		}
	}
	var closed oauth.Scopes
	for _, scope := range s.scopes {
		switch {
		case len(scope.Clients) > 0:
			closed = append(closed, scope.Name)
		case scope.AnyClient:
			open = open.Union(oauth.Scopes{scope.Name})
		}
	}
	return open.Without(closed)
}

// For reports whether the operator lets a configured client have the scope.
func (s Scope) For(clientID string) bool {
	return len(s.Clients) == 0 || slices.Contains(s.Clients, clientID)
}
