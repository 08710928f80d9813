package authorize

import (
	"context"
	"fmt"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/idtoken"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// idToken makes the ID token of the authorization endpoint, "" when the response type has none. It holds the
// hashes of what comes with it, so that nobody can put another code or token in its place (OIDC Core sections
// 3.2.2.10 and 3.3.2.11).
func (e *Endpoint) idToken(ctx context.Context, q *request, who *person, issued *grant.Authorized) (string, error) {
	if !q.yields("id_token") {
		return "", nil
	}
	made, err := e.IDTokens.Make(ctx, q.client, idtoken.Request{
		Subject: issued.Grant.Subject, Nonce: q.params.Get(paramNonce),
		AuthTime: issued.Grant.AuthTime, ACR: issued.Grant.ACR, AMR: issued.Grant.AMR, SID: issued.Grant.SID,
		AccessToken: issued.AccessToken, Code: issued.Code, Extra: e.idTokenClaims(q, who, issued.Grant),
	})
	if err != nil {
		return "", fmt.Errorf("making an ID token: %w", err)
	}
	return made, nil
}

// idTokenClaims are the person's claims in an ID token of the authorization endpoint: those asked for by name. Those of
// the scopes are in it only when no access token leads to userinfo, now or for a code later (OIDC Core section
// 5.4): it travels through the browser.
func (e *Endpoint) idTokenClaims(q *request, who *person, of *grant.Grant) map[string]any {
	var scopes oauth.Scopes
	if q.responseType == oauth.ResponseTypeIDToken {
		scopes = of.Scopes
	}
	return e.Grants.IDTokenClaims(of, q.client, who.user, scopes)
}
