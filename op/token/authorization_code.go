package token

import (
	"context"
	"errors"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Why a code is refused, for the log alone.
var (
	errOtherClient = errors.New("code was issued to another client")
	errExpired     = errors.New("code has expired")
	errReplayed    = errors.New("code was used again, its grant is revoked")
)

// codeGrant is the authorization code grant (RFC 6749 section 4.1.3).
type codeGrant struct {
	grants *grant.Grants
	ids    *idTokens
	now    func() time.Time
}

// codeRequest is what a client sends with its code.
type codeRequest struct {
	Code         string
	RedirectURI  string
	CodeVerifier string
	Resources    []string
	By           grant.Possession
}

func (g *codeGrant) redeem(ctx context.Context, c *client.Client, p oauth.Params, by grant.Possession) (*response, error) {
	req := codeRequest{
		Code: p.Get("code"), RedirectURI: p.Get("redirect_uri"), CodeVerifier: p.Get("code_verifier"),
		Resources: p.All("resource"), By: by,
	}
	if req.Code == "" {
		return nil, oauth.InvalidRequest("code is missing", nil)
	}
	var answer *response
	// If another request has spent the code since it was read, what it is now decides.
	err := store.Again(func() (err error) {
		answer, err = g.redeemOnce(ctx, c, req)
		return err
	})
	return answer, err
}

// redeemOnce exchanges the code for tokens if all that it is bound to fits. Every refusal but the
// replay leaves the code as it is.
func (g *codeGrant) redeemOnce(ctx context.Context, c *client.Client, req codeRequest) (*response, error) {
	code, err := g.grants.Code(ctx, req.Code)
	switch {
	case errors.Is(err, grant.ErrNotFound):
		return nil, invalidCode(err)
	case err != nil:
		return nil, err // the store did not answer: 503, never a guess
	case code.ClientID != c.ID:
		return nil, invalidCode(errOtherClient) // and nothing is revoked: whoever stole it must not be able to
	case code.Spent():
		return nil, g.replayed(ctx, code)
	case code.Expired(g.now()):
		return nil, invalidCode(errExpired)
	case code.RedirectURI != req.RedirectURI:
		return nil, oauth.InvalidGrant("redirect_uri differs from the authorization request", nil)
	case code.Challenge == "" && req.CodeVerifier != "": // RFC 9700 section 4.8.2: the challenge was stripped
		return nil, oauth.InvalidGrant("code_verifier without code_challenge in the authorization request", nil)
	case code.Challenge != "" && !code.Challenge.Proves(req.CodeVerifier): // RFC 7636 section 4.6
		return nil, oauth.InvalidGrant("code_verifier does not match code_challenge", nil)
	}
	var idToken string
	issued, err := g.grants.Redeem(ctx, c, code, grant.Narrowing{Resources: req.Resources, By: req.By}, g.ids.into(&idToken, c, code.Nonce))
	if err != nil {
		return nil, err
	}
	return newResponse(issued, idToken), nil
}

// replayed takes all tokens of the code with it (RFC 6749 section 4.1.2). A revocation that fails is
// the answer: invalid_grant would claim that the tokens are dead.
func (g *codeGrant) replayed(ctx context.Context, code *grant.Code) error {
	if err := g.grants.Revoke(ctx, code.GrantID); err != nil {
		return err
	}
	return invalidCode(errReplayed)
}

// invalidCode is the same answer for a code that is unknown, expired, spent or another client's.
func invalidCode(cause error) error { return oauth.InvalidGrant("code is not valid", cause) }
