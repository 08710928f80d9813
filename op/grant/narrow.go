package grant

import (
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
)

// narrow decides scopes and audience of an access token. Both may shrink against the grant, for this
// token only, and never grow (RFC 6749 section 6, RFC 8707 section 2.2). Each token carries the scopes
// of its own audience and those of the provider. What the client may not have any more is left out.
func (g *Grants) narrow(s *standing, want Narrowing) (oauth.Scopes, []string, error) {
	audience, err := g.audience(s, want.Resources)
	if err != nil {
		return nil, nil, err
	}
	held := s.grant.Scopes.Only(s.client.Scopes)
	if !held.HasAll(want.Scopes) {
		return nil, nil, oauth.InvalidScope("scope is more than was granted", nil)
	}
	if len(want.Scopes) > 0 {
		held = held.Only(want.Scopes)
	}
	return held.Only(g.Resources.ScopesFor(audience)), audience, nil
}

// audience gives the granted resources that are still declared and open to the client, or those of
// them that are wanted, in the spelling that is configured now.
func (g *Grants) audience(s *standing, want []string) ([]string, error) {
	var open []string
	for _, uri := range s.grant.Resources {
		if r, found := g.open(uri, s.client); found {
			open = append(open, r.URI)
		}
	}
	if len(want) == 0 {
		if len(open) == 0 {
			return nil, oauth.InvalidTarget("no granted resource is left", nil)
		}
		return open, nil
	}
	var wanted []string
	for _, uri := range want {
		r, found := g.Resources.Get(uri)
		if !found || !slices.Contains(open, r.URI) {
			return nil, oauth.InvalidTarget("resource was not granted", nil)
		}
		if !slices.Contains(wanted, r.URI) {
			wanted = append(wanted, r.URI)
		}
	}
	return wanted, nil
}

// open finds a resource that is still declared and open to the client.
func (g *Grants) open(uri string, c *client.Client) (resource.Resource, bool) {
	r, found := g.Resources.Get(uri)
	return r, found && r.Admits(c.ID, c.Scopes, c.Configured)
}

// stillMeantFor are those of a token's audience that are open to its client: a resource that an operator
// closes to a client is closed to the tokens that are about, not only to the next ones.
func (g *Grants) stillMeantFor(audience []string, c *client.Client) []string {
	closed := func(uri string) bool { _, open := g.open(uri, c); return !open }
	if !slices.ContainsFunc(audience, closed) {
		return audience
	}
	return slices.DeleteFunc(slices.Clone(audience), closed)
}

// opaqueFor reports whether a token for this audience is opaque.
func (g *Grants) opaqueFor(audience []string) bool {
	return g.Resources.TokenFormat(audience) != resource.TokenJWT
}
