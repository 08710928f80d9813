package grant

import (
	"context"
	"errors"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Why a refresh token is refused, for the log alone.
var (
	errOtherClient = errors.New("it was issued to another client")
	errReused      = errors.New("it was used again, its grant is revoked")
	errNotOffline  = errors.New("its client may not have offline_access any more")
)

// Narrowing is what a token request asks for of what its grant holds; nothing named means all of it.
type Narrowing struct {
	Scopes    oauth.Scopes // RFC 6749 section 6
	Resources []string     // RFC 8707 section 2.2
	// By is what the client proves to have, and what it gets is bound to.
	By Possession
}

// Rotate exchanges a refresh token (RFC 6749 section 6) for an access token and its own successor. The
// client is authenticated already. A repeat within the grace gets the same successor again, so that a
// client that lost the answer, or asked twice at once, is not logged out; a later one, or one after the
// successor was used, is theft on one side or the other and revokes the grant (RFC 9700 section 4.14.2).
func (g *Grants) Rotate(ctx context.Context, c *client.Client, token string, want Narrowing, beside ...Beside) (*Issued, error) {
	var issued *Issued
	err := store.Again(func() (err error) {
		issued, err = g.rotate(ctx, c, token, want, beside)
		return err
	})
	return issued, err
}

func (g *Grants) rotate(ctx context.Context, c *client.Client, token string, want Narrowing, beside []Beside) (*Issued, error) {
	refresh, err := g.refreshToken(ctx, token)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, refused(errUnknownToken)
	case err != nil:
		return nil, err
	case refresh.ClientID != c.ID: // RFC 6749 section 10.4; whoever stole it must not be able to end the grant
		return nil, refused(errOtherClient)
	}
	if err := want.By.check(refresh.Confirmation); err != nil { // and whoever has no key must not be able to end it either
		return nil, err
	}
	switch {
	case refresh.spent():
		return g.repeat(ctx, c, token, refresh, want, beside)
	case refresh.expired(g.now()):
		return nil, refused(errExpired)
	}
	issue, err := g.refreshing(ctx, c, refresh.GrantID, want, beside)
	if err != nil {
		return nil, err
	}
	successor, changes, err := g.succession(issue.standing.grant, token, refresh, want.By.holding(c, refresh.Confirmation))
	if err != nil {
		return nil, err
	}
	issue.refresh = successor
	return g.issue(ctx, issue, changes...)
}

// repeat answers for a spent refresh token. It extends no lifetime: the successor stays as it is.
func (g *Grants) repeat(ctx context.Context, c *client.Client, token string, spent *refreshToken, want Narrowing, beside []Beside) (*Issued, error) {
	if !g.now().Before(spent.SpentAt.Add(g.Life.RefreshGrace)) {
		return nil, g.reused(ctx, spent)
	}
	next, err := g.refreshRecord(ctx, spent.Successor)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, g.reused(ctx, spent)
	case err != nil:
		return nil, err
	case next.spent():
		return nil, g.reused(ctx, spent)
	}
	successor, err := g.successor(ctx, token, spent)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, g.reused(ctx, spent)
	case err != nil:
		return nil, err
	case next.expired(g.now()):
		return nil, refused(errExpired)
	}
	issue, err := g.refreshing(ctx, c, spent.GrantID, want, beside)
	if err != nil {
		return nil, err
	}
	issue.refresh = successor
	return g.issue(ctx, issue, store.Requiring(next.record))
}

// refreshing is issuing for a refresh token.
func (g *Grants) refreshing(ctx context.Context, c *client.Client, grantID string, want Narrowing, beside []Beside) (*issuing, error) {
	i, err := g.issuing(ctx, c, grantID, want)
	if err == nil && !i.standing.refreshes() {
		return nil, refused(errNotOffline)
	}
	if err == nil {
		i.beside = beside
	}
	return i, err
}

// reused revokes the grant of a refresh token that was used again. A revocation that fails is the
// answer: a refusal would claim that the grant is dead.
func (g *Grants) reused(ctx context.Context, spent *refreshToken) error {
	if err := g.Revoke(ctx, spent.GrantID); err != nil {
		return err
	}
	return refused(errReused)
}

// refused is the one answer for every refresh token that is not good (RFC 6749 section 5.2).
func refused(cause error) error { return oauth.InvalidGrant("refresh token is not valid", cause) }
