package resource

import (
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Resolution is what a request for resources and scopes comes to.
type Resolution struct {
	// Resources are the audience, in the configured spelling; never empty.
	Resources []string
	// Scopes are those asked for that fit these resources, or their default scopes when none was asked
	// for. What the client itself may have is for the caller to see to.
	Scopes oauth.Scopes
	// Dropped are the scopes asked for that no chosen resource owns: an authorization request goes on
	// without them, client_credentials is refused.
	Dropped oauth.Scopes
}

// Resolve reads the resource and scope parameters of a request (RFC 8707 section 2). A resource that
// is not known, or that allowed refuses, is invalid_target. Without one it is the client's default,
// else the one allowed resource that owns the scopes asked for, else the issuer itself.
func (s *Set) Resolve(requested []string, scopes oauth.Scopes, allowed func(Resource) bool, clientDefault string) (Resolution, error) {
	if len(requested) == 0 && clientDefault != "" {
		requested = []string{clientDefault}
	}
	var chosen []Resource
	for _, uri := range requested {
		r, found := s.Get(uri)
		if !found || r.URI != s.issuer.URI && !allowed(r) {
			return Resolution{}, oauth.InvalidTarget("resource is not known or not for this client", nil)
		}
		chosen = append(chosen, r)
	}
	if len(chosen) == 0 {
		chosen = []Resource{s.implied(scopes, allowed)}
	}
	return s.resolution(chosen, scopes), nil
}

// implied is the one allowed resource that owns every scope asked for that any of them owns. Two that
// fit are none: the client has to say which it means.
func (s *Set) implied(scopes oauth.Scopes, allowed func(Resource) bool) Resource {
	var open []Resource
	var known oauth.Scopes
	for _, r := range s.resources {
		if allowed(r) {
			open = append(open, r)
			known = known.Union(r.Scopes)
		}
	}
	asked := scopes.Only(known)
	if len(asked) == 0 {
		return s.issuer
	}
	fitting := slices.DeleteFunc(open, func(r Resource) bool { return !r.Scopes.HasAll(asked) })
	if len(fitting) != 1 {
		return s.issuer
	}
	return fitting[0]
}

func (s *Set) resolution(chosen []Resource, scopes oauth.Scopes) Resolution {
	var r Resolution
	for _, one := range chosen {
		if !slices.Contains(r.Resources, one.URI) {
			r.Resources = append(r.Resources, one.URI)
		}
		if len(scopes) == 0 {
			r.Scopes = r.Scopes.Union(one.DefaultScopes)
		}
	}
	if len(scopes) > 0 {
		fitting := s.ScopesFor(r.Resources)
		r.Scopes, r.Dropped = scopes.Only(fitting), scopes.Without(fitting)
	}
	return r
}
