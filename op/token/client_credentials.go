package token

import (
	"context"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
)

// clientGrant is the client credentials grant (RFC 6749 section 4.4): no person, so neither an ID token
// nor a refresh token.
type clientGrant struct {
	grants    *grant.Grants
	resources *resource.Set
}

func (g *clientGrant) issue(ctx context.Context, c *client.Client, p oauth.Params, by grant.Possession) (*response, error) {
	if c.Public() { // section 4.4.2: whoever knows the client_id would be the client
		return nil, oauth.UnauthorizedClient("public clients may not use this grant type", nil)
	}
	scopes, err := oauth.ParseScopes(p.Get("scope"))
	if err != nil {
		return nil, err
	}
	if len(scopes.Only(oauth.IdentityScopes)) > 0 || !c.Scopes.HasAll(scopes) {
		return nil, oauth.InvalidScope("scope is not for this client", nil)
	}
	admits := func(r resource.Resource) bool { return r.Admits(c.ID, c.Scopes, c.Configured) }
	resolved, err := g.resources.Resolve(p.All("resource"), scopes, admits, c.DefaultResource)
	switch {
	case err != nil:
		return nil, err
	case len(resolved.Dropped) > 0:
		return nil, oauth.InvalidScope("scope does not belong to the resource", nil)
	}
	issued, err := g.grants.ClientCredentials(ctx, c, resolved.Scopes.Only(c.Scopes), resolved.Resources, by)
	if err != nil {
		return nil, err
	}
	return newResponse(issued, ""), nil
}
