package client

import (
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// AllowsResponseType reports whether the client may use a response type: it is one of its own, its grant types
// have what that takes, and its ID tokens can be trusted where it would get them. Whether the provider offers it to
// the client is for the provider to say.
func (c *Client) AllowsResponseType(responseType string) bool {
	return slices.Contains(c.responseTypes(), responseType) &&
		len(c.lackedGrantTypes(responseType)) == 0 && !c.unsignedInFront(responseType)
}

// unsignedInFront reports whether an ID token without signature would come through the browser, where anybody can
// make one (OIDC Core section 2, OIDC Dynamic Client Registration section 2).
func (c *Client) unsignedInFront(responseType string) bool {
	return c.IDToken.Alg == keys.AlgNone && oauth.Yields(responseType, "id_token")
}

// ReadsFragments reports whether the client is one that looks for its answers in the fragment, since one of its
// response types is answered there by default.
func (c *Client) ReadsFragments() bool {
	return slices.ContainsFunc(c.responseTypes(), func(responseType string) bool {
		return oauth.FrontChannel(responseType) && len(c.lackedGrantTypes(responseType)) == 0
	})
}

// responseTypes are those stated, or code (OIDC Dynamic Client Registration section 2).
func (c *Client) responseTypes() []string {
	if len(c.ResponseTypes) == 0 {
		return []string{oauth.ResponseTypeCode}
	}
	return c.ResponseTypes
}

// statesGrantType reports whether a grant type is written down or, when none is, needed by a response type.
func (c *Client) statesGrantType(grantType string) bool {
	if len(c.GrantTypes) > 0 {
		return slices.Contains(c.GrantTypes, grantType)
	}
	return slices.ContainsFunc(c.responseTypes(), func(responseType string) bool {
		return slices.Contains(oauth.GrantTypesOf(responseType), grantType)
	})
}

// lackedGrantTypes are the grant types that a response type needs and the client may not use.
func (c *Client) lackedGrantTypes(responseType string) []string {
	return slices.DeleteFunc(oauth.GrantTypesOf(responseType), c.AllowsGrantType)
}

// signsIn reports whether the client sends people to the authorization endpoint at all.
func (c *Client) signsIn() bool { return slices.ContainsFunc(c.responseTypes(), c.AllowsResponseType) }

// checkResponseTypes finds response types that the stated grant types leave without effect (OIDC Dynamic Client
// Registration section 2), and those that need a signed ID token when the client has asked for another.
func (c *Client) checkResponseTypes(f *faults) {
	f.each("response_types", c.ResponseTypes, oauth.ResponseTypes...)
	for _, responseType := range c.ResponseTypes {
		for _, lacked := range c.lackedGrantTypes(responseType) {
			f.add("response_types: %q needs grant_types %s", responseType, lacked)
		}
		if c.unsignedInFront(responseType) {
			f.add("response_types: %q needs an id_token_signed_response_alg other than none", responseType)
		}
	}
}
