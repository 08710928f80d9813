package token

import (
	"context"
	"errors"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/devicecode"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// deviceGrant is the device authorization grant (RFC 8628 section 3.4).
type deviceGrant struct {
	codes   *devicecode.Codes
	budgets *devicecode.Budgets
	grants  *grant.Grants
	ids     *idTokens
	now     func() time.Time
}

func (g *deviceGrant) redeem(ctx context.Context, c *client.Client, p oauth.Params, by grant.Possession) (*response, error) {
	code := p.Get("device_code")
	if code == "" {
		return nil, oauth.InvalidRequest("device_code is missing", nil)
	}
	want := grant.Narrowing{Resources: p.All("resource"), By: by}
	var answer *response
	// The person may have answered, or another request have spent the code, since it was read.
	err := store.Again(func() (err error) {
		answer, err = g.redeemOnce(ctx, c, code, want)
		return err
	})
	return answer, err
}

// redeemOnce exchanges the device code for tokens if the person has said yes. One that is shown again after that takes
// its tokens with it, as an authorization code does: two have it.
func (g *deviceGrant) redeemOnce(ctx context.Context, c *client.Client, code string, want grant.Narrowing) (*response, error) {
	a, err := g.codes.ByDeviceCode(ctx, code)
	switch {
	case errors.Is(err, devicecode.ErrNotFound):
		return nil, invalidDeviceCode(err)
	case err != nil:
		return nil, err
	case a.ClientID != c.ID:
		return nil, invalidDeviceCode(errOtherClient)
	case a.Spent():
		return nil, g.replayed(ctx, a)
	case a.Expired(g.now()):
		return nil, oauth.ExpiredToken("device_code has expired", nil)
	case a.Waits():
		return nil, g.wait(ctx, a)
	case !a.Allowed():
		return nil, oauth.DeviceDenied("the person said no", nil)
	}
	var idToken string
	issued, err := g.grants.Spend(ctx, c, a.GrantID, a.Spending(g.now()), want, g.ids.into(&idToken, c, ""))
	if err != nil {
		return nil, err
	}
	return newResponse(issued, idToken), nil
}

// wait tells the device to come again, and if it came too soon, to take more time (RFC 8628 section 3.5).
func (g *deviceGrant) wait(ctx context.Context, a *devicecode.Authorization) error {
	if g.budgets.InTime(a) {
		return oauth.AuthorizationPending("the person has not answered yet", nil)
	}
	if err := g.codes.Slow(ctx, a); err != nil {
		return err
	}
	return oauth.SlowDown("wait longer between two requests", nil)
}

// replayed takes all tokens of the device code with it. A revocation that fails is the answer: invalid_grant would
// claim that the tokens are dead.
func (g *deviceGrant) replayed(ctx context.Context, a *devicecode.Authorization) error {
	if err := g.grants.Revoke(ctx, a.GrantID); err != nil {
		return err
	}
	return invalidDeviceCode(errReplayed)
}

// invalidDeviceCode is the same answer for a device code that is unknown, spent or another client's.
func invalidDeviceCode(cause error) error {
	return oauth.InvalidGrant("device_code is not valid", cause)
}
