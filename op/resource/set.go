package resource

import (
	"errors"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Set is every resource of one provider. It is read-only and safe for concurrent use.
type Set struct {
	issuer    Resource
	resources []Resource
	// byURI has the resources under their normalised spelling, the issuer among them.
	byURI map[string]Resource
	// own are the scopes of the provider itself, which fit every audience.
	own    oauth.Scopes
	scopes []Scope
}

// NewSet makes the set of a provider. The issuer is a resource of its own: its tokens are for the
// provider's own endpoints and are opaque. The error joins every fault, each naming its place.
func NewSet(issuer string, resources []Resource, scopes []Scope) (*Set, error) {
	if faults := check(issuer, resources, scopes); len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	s := &Set{
		issuer: Resource{URI: issuer, Token: TokenOpaque, AnyClient: true},
		byURI:  make(map[string]Resource, len(resources)+1),
		own:    slices.Clone(oauth.IdentityScopes),
		scopes: slices.Clone(scopes),
	}
	s.add(s.issuer)
	for _, r := range resources {
		r.Token = r.form()
		s.resources = append(s.resources, r)
		s.add(r)
	}
	for _, scope := range scopes {
		if len(scope.Claims) > 0 && !s.owned(scope.Name) && !s.own.Has(scope.Name) {
			s.own = append(s.own, scope.Name)
		}
	}
	return s, nil
}

func (s *Set) add(r Resource) {
	// check has shown that the URI can be normalised.
	if uri, err := oauth.NormalizeResource(r.URI); err == nil {
		s.byURI[uri] = r
	}
}

// Get finds a resource by its URI in any equivalent spelling; the issuer is one of them.
func (s *Set) Get(uri string) (Resource, bool) {
	if r, found := s.byURI[uri]; found {
		return r, true // normalising what is normal already changes nothing
	}
	normal, err := oauth.NormalizeResource(uri)
	if err != nil {
		return Resource{}, false
	}
	r, found := s.byURI[normal]
	return r, found
}

// Others are those of some resources that are there, but for the issuer: a person who is asked about them is looking at it.
func (s *Set) Others(uris []string, issuer string) []Resource {
	var others []Resource
	for _, uri := range uris {
		if r, found := s.Get(uri); found && r.URI != issuer {
			others = append(others, r)
		}
	}
	return others
}

// Scopes are what the operator said about scopes, in order.
func (s *Set) Scopes() []Scope { return slices.Clone(s.scopes) }

// ScopesFor are the scopes a token for these resources may carry: those they own, and those of the
// provider itself. A resource that is not known adds none.
func (s *Set) ScopesFor(resources []string) oauth.Scopes {
	scopes := slices.Clone(s.own)
	for _, uri := range resources {
		if r, found := s.Get(uri); found {
			scopes = scopes.Union(r.Scopes)
		}
	}
	return scopes
}

// ScopesSupported are all scopes, those of OpenID Connect first (RFC 8414 section 2).
func (s *Set) ScopesSupported() oauth.Scopes {
	scopes := slices.Clone(s.own)
	for _, r := range s.resources {
		scopes = scopes.Union(r.Scopes)
	}
	return scopes
}

// TokenFormat is the form of a token for these resources: a JWT only if each of them takes one, since
// what one of them must not read the other would show it.
func (s *Set) TokenFormat(resources []string) string {
	for _, uri := range resources {
		if r, found := s.Get(uri); !found || r.Token != TokenJWT {
			return TokenOpaque
		}
	}
	if len(resources) == 0 {
		return TokenOpaque
	}
	return TokenJWT
}

// ClaimsFor are the claims of a person that go with a token for these resources: those that each of them
// lists, since what one of them must not know the other would show it.
func (s *Set) ClaimsFor(resources []string) []string {
	var claims []string
	for i, uri := range resources {
		r, found := s.Get(uri)
		switch {
		case !found:
			return nil
		case i == 0:
			claims = slices.Clone(r.Claims)
		default:
			claims = slices.DeleteFunc(claims, func(name string) bool { return !slices.Contains(r.Claims, name) })
		}
	}
	return claims
}

func (s *Set) owned(scope string) bool {
	return slices.ContainsFunc(s.resources, func(r Resource) bool { return r.Scopes.Has(scope) })
}
