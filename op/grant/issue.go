package grant

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Issued is what a token request got.
type Issued struct {
	Grant       *Grant
	AccessToken string
	// TokenType is Bearer or DPoP.
	TokenType string
	ExpiresIn time.Duration
	Scopes    oauth.Scopes
	// Audience are the resources that the access token is for.
	Audience []string
	// RefreshToken is empty when the grant has none.
	RefreshToken string
	// SID names the session to this client while the session lives, and is empty after.
	SID string
	// IDTokenClaims are the person's claims that go into an ID token beside the access token.
	IDTokenClaims map[string]any
}

// Beside makes what is told with the tokens, an ID token for one, before the commit that spends what they are issued
// for: if it fails, nothing was spent, and the client may try again.
type Beside func(context.Context, *Issued) error

// issuing is a token request on its way: everything was checked, nothing was written.
type issuing struct {
	standing *standing
	watch    watch
	scopes   oauth.Scopes
	audience []string
	refresh  string
	by       Possession
	beside   []Beside
}

// Redeem spends a code and issues its first tokens in one commit (RFC 6749 section 4.1.3). The caller
// has authenticated the client and held the code against the request. store.ErrConflict means that
// somebody else spent the code in the meantime: read it again.
func (g *Grants) Redeem(ctx context.Context, c *client.Client, code *Code, want Narrowing, beside ...Beside) (*Issued, error) {
	if err := want.By.checkKey(code.JKT); err != nil {
		return nil, err
	}
	return g.Spend(ctx, c, code.GrantID, code.spending(g.now()), want, beside...)
}

// Spend issues the first tokens of a grant in the commit that makes the change by which what was shown for them is
// spent. The errors are those of Redeem.
func (g *Grants) Spend(
	ctx context.Context, c *client.Client, grantID string, spending store.Change, want Narrowing, beside ...Beside,
) (*Issued, error) {
	issue, err := g.issuing(ctx, c, grantID, want)
	if err != nil {
		return nil, err
	}
	issue.beside = beside
	now, grant := g.now(), issue.standing.grant
	changes := []store.Change{spending}
	if grant.Refresh && c.AllowsGrantType(oauth.GrantRefreshToken) {
		token, creating := g.newRefreshToken(grant, now, want.By.holding(c, oauth.Confirmation{}))
		issue.refresh = token
		changes = append(changes, creating)
	}
	return g.issue(ctx, issue, changes...)
}

// issuing checks what every token request depends on: that the grant is live and the client's, and
// that it holds what is asked for.
func (g *Grants) issuing(ctx context.Context, c *client.Client, grantID string, want Narrowing) (*issuing, error) {
	i := &issuing{watch: g.watching(), by: want.By}
	standing, err := g.fresh(ctx, grantID, &i.watch)
	switch {
	case errors.Is(err, ErrInactive):
		g.noticed(grantID)
		return nil, oauth.InvalidGrant("grant is over", err)
	case err != nil:
		return nil, err
	case standing.grant.ClientID != c.ID:
		return nil, oauth.InvalidGrant("grant is over", errNotOfItsGrant)
	}
	i.standing = standing
	i.scopes, i.audience, err = g.narrow(standing, want)
	return i, err
}

// issue makes the access token and what goes beside it, commits it with the changes it is issued for, and remembers it. The
// commit requires the grant as it was read, so that nothing is issued beside a revocation.
func (g *Grants) issue(ctx context.Context, i *issuing, changes ...store.Change) (*Issued, error) {
	grant := i.standing.grant
	access := g.newAccessToken(grant, i.scopes, i.audience, g.opaqueFor(i.audience))
	access.Confirmation = i.by.Confirmation
	if !access.IssuedAt.Before(access.ExpiresAt) {
		return nil, oauth.InvalidGrant("grant is over", errExpired)
	}
	token, err := g.write(i.standing, access, &changes)
	if err != nil {
		return nil, err
	}
	issued := &Issued{
		Grant: grant, AccessToken: token, TokenType: tokenType(access.Confirmation), ExpiresIn: access.ExpiresAt.Sub(access.IssuedAt),
		Scopes: i.scopes, Audience: i.audience, RefreshToken: i.refresh,
		IDTokenClaims: g.IDTokenClaims(grant, i.standing.client, i.standing.user, nil),
	}
	if i.standing.session != nil {
		issued.SID = grant.SID
	}
	for _, tell := range i.beside {
		if err := tell(ctx, issued); err != nil {
			return nil, err
		}
	}
	changes = append(i.by.Spending, changes...)
	if len(changes) > 0 {
		changes = append(changes, store.Requiring(grant.record()))
		if err := g.Store.Commit(ctx, changes...); err != nil {
			g.drop(grant.ID)
			return nil, replayed(err)
		}
	}
	g.rememberIssued(token, access, i)
	return issued, nil
}

// write gives the access token its form: a signed one needs no record, an opaque one is a record.
func (g *Grants) write(s *standing, access *accessToken, changes *[]store.Change) (string, error) {
	if !access.opaque {
		token, err := g.sign(s, access)
		if err != nil {
			return "", fmt.Errorf("signing an access token: %w", err)
		}
		return token, nil
	}
	token := keys.NewToken(keys.PrefixAccess)
	// Its end is in the body. A node whose clock is ahead must still find what others take.
	record := s.grant.hanging(store.AccessTokens, keys.Digest(token), access.ExpiresAt.Add(stillTaken), access)
	*changes = append(*changes, store.Creating(record))
	return token, nil
}

// rememberIssued spares the first request with a new token the way to the store. Its own record is
// watched only from here on, since the commit that made it has just moved its slot; nobody can have
// revoked a token that nobody has seen.
func (g *Grants) rememberIssued(token string, access *accessToken, i *issuing) {
	kind, key := store.DeniedTokens, access.ID
	if access.opaque {
		kind, key = store.AccessTokens, keys.Digest(token)
	}
	i.watch.on(g.Memory.generations, kind, key)
	g.remember(digestOf(token), access, g.token(access, i.standing), i.watch)
}
