package token

import (
	"context"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// refreshGrant is the refresh token grant (RFC 6749 section 6, OIDC Core section 12).
type refreshGrant struct {
	grants *grant.Grants
	ids    *idTokens
}

func (g *refreshGrant) rotate(ctx context.Context, c *client.Client, p oauth.Params, by grant.Possession) (*response, error) {
	token := p.Get("refresh_token")
	if token == "" {
		return nil, oauth.InvalidRequest("refresh_token is missing", nil)
	}
	scopes, err := oauth.ParseScopes(p.Get("scope"))
	if err != nil {
		return nil, err
	}
	var idToken string
	want := grant.Narrowing{Scopes: scopes, Resources: p.All("resource"), By: by}
	issued, err := g.grants.Rotate(ctx, c, token, want, g.ids.into(&idToken, c, ""))
	if err != nil {
		return nil, err
	}
	return newResponse(issued, idToken), nil
}
