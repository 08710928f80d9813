package token

import (
	"context"
	"fmt"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/idtoken"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// idTokens makes the ID token that goes with an access token.
type idTokens struct{ maker *idtoken.Maker }

// into makes an ID token for what is being issued and puts it into made, which stays "" when the scopes hold no
// openid. It is made before the code or refresh token is spent: the client's keys may not answer, and then it can
// come again. nonce is that of the authorization request; a refreshed ID token has none (OIDC Core section 12.2).
// auth_time is that of the sign-in, however often it is refreshed, and sid is there only while the session lives.
func (t *idTokens) into(made *string, c *client.Client, nonce string) grant.Beside {
	return func(ctx context.Context, issued *grant.Issued) error {
		if !issued.Scopes.Has(oauth.ScopeOpenID) {
			return nil
		}
		token, err := t.maker.Make(ctx, c, idtoken.Request{
			Direct: true, Subject: issued.Grant.Subject, Nonce: nonce,
			AuthTime: issued.Grant.AuthTime, ACR: issued.Grant.ACR, AMR: issued.Grant.AMR,
			SID: issued.SID, AccessToken: issued.AccessToken, Extra: issued.IDTokenClaims,
		})
		if err != nil {
			return fmt.Errorf("making an ID token: %w", err)
		}
		*made = token
		return nil
	}
}
