package token

import (
	"fmt"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/idtoken"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// idTokens makes the ID token that goes with an access token.
type idTokens struct{ maker *idtoken.Maker }

// forIssued makes an ID token for what was issued, or "" when its scopes hold no openid. nonce is that
// of the authorization request; a refreshed ID token has none (OIDC Core section 12.2). auth_time is
// that of the sign-in, however often it is refreshed, and sid is there only while the session lives.
func (t *idTokens) forIssued(c *client.Client, issued *grant.Issued, nonce string) (string, error) {
	if !issued.Scopes.Has(oauth.ScopeOpenID) {
		return "", nil
	}
	made, err := t.maker.Make(idtoken.Request{
		ClientID: c.ID, Alg: c.IDToken.Alg, Subject: issued.Grant.Subject, Nonce: nonce,
		AuthTime: issued.Grant.AuthTime, ACR: issued.Grant.ACR, AMR: issued.Grant.AMR,
		SID: issued.SID, AccessToken: issued.AccessToken, Extra: issued.IDTokenClaims,
	})
	if err != nil {
		return "", fmt.Errorf("making an ID token: %w", err)
	}
	return made, nil
}
