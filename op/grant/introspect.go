package grant

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// maxToken bounds what is looked at at all; no token of ours comes near it.
const maxToken = 16 << 10

// Introspect answers for an access token, opaque or JWT (RFC 7662). The Token is shared: callers read
// it and do not write to it, and it is the same pointer for as long as it is remembered. ErrInactive
// is every token that is not a live access token of ours; any other error means nobody can tell.
//
// A token seen before costs one digest, one look-up and a few atomic loads.
func (g *Grants) Introspect(ctx context.Context, token string) (*Token, error) {
	if len(token) > maxToken {
		return nil, errUnknownToken
	}
	sum := digestOf(token)
	known, ok := g.Memory.facts.GetIfPresent(sum)
	if ok && g.live(known) {
		g.Memory.tokenLookups.Hit.Inc()
		return known.token, nil
	}
	g.Memory.tokenLookups.Miss.Inc()
	return g.examine(ctx, token, sum, known)
}

// examine finds out about a token from its signature and the records. A signature that was checked
// under the same epoch of the key ring is not checked again; the records always are.
func (g *Grants) examine(ctx context.Context, token string, sum digest, known *fact) (*Token, error) {
	w := g.watching()
	access, err := g.access(ctx, token, sum, known, &w)
	if err != nil {
		return nil, err
	}
	standing, err := g.standing(ctx, access.GrantID, access.IssuedAt, &w)
	if err != nil {
		return nil, err
	}
	if access.ClientID != standing.grant.ClientID {
		return nil, errNotOfItsGrant
	}
	found := g.token(access, standing)
	g.remember(sum, access, found, w)
	return found, nil
}

// access reads what the token says of itself and checks that it was not revoked by itself.
func (g *Grants) access(ctx context.Context, token string, sum digest, known *fact, w *watch) (*accessToken, error) {
	if strings.HasPrefix(token, keys.PrefixAccess) {
		return g.opaque(ctx, base64.RawURLEncoding.EncodeToString(sum[:]), w)
	}
	access, err := g.verified(ctx, token, known, w)
	if err != nil {
		return nil, err
	}
	return access, g.checkDenied(ctx, access.ID, w)
}

func (g *Grants) verified(ctx context.Context, token string, known *fact, w *watch) (*accessToken, error) {
	if known == nil || known.watch.epoch != w.epoch || known.issuer != g.Issuer {
		return g.verify(ctx, token)
	}
	if !g.now().Before(known.access.ExpiresAt) {
		return nil, errExpired
	}
	return known.access, nil
}

// token is what others see of a live access token. Its scopes and its audience are those the client may
// still have: an operator who takes one away takes it out of the tokens that are about.
func (g *Grants) token(a *accessToken, s *standing) *Token {
	t := &Token{
		Kind: KindAccess, TokenType: tokenType(a.Confirmation), Confirmation: a.Confirmation, Issuer: g.Issuer,
		ID: a.ID, Scopes: a.Scopes.Only(s.client.Scopes),
		Audience: g.stillMeantFor(a.Audience, s.client), IssuedAt: a.IssuedAt, ExpiresAt: a.ExpiresAt,
	}
	t.describe(s)
	t.UserinfoClaims = g.stillOpen(s.grant.Claims.Userinfo, s.client)
	return t
}

// describe fills in who stands behind a token.
func (t *Token) describe(s *standing) {
	t.Grant, t.ClientID, t.Subject = s.grant, s.grant.ClientID, s.grant.Subject
	if s.user == nil {
		return
	}
	t.SignedIn, t.Account, t.Username, t.Claims = true, s.grant.Account, s.user.Name, s.user.AllClaims()
	t.AuthTime, t.ACR, t.AMR, t.Pairwise = s.grant.AuthTime, s.grant.ACR, s.grant.AMR, s.client.Pairwise()
}

// IntrospectAny is Introspect for refresh tokens too, as the introspection endpoint needs it. A spent
// refresh token is not active, not even while it still answers with its successor.
func (g *Grants) IntrospectAny(ctx context.Context, token string) (*Token, error) {
	if !strings.HasPrefix(token, keys.PrefixRefresh) {
		return g.Introspect(ctx, token)
	}
	refresh, err := g.refreshToken(ctx, token)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, errUnknownToken
	case err != nil:
		return nil, err
	case refresh.spent() || refresh.expired(g.now()):
		return nil, errExpired
	}
	w := g.watching()
	standing, err := g.standing(ctx, refresh.GrantID, refresh.IssuedAt, &w)
	switch {
	case err != nil:
		return nil, err
	case !standing.refreshes():
		return nil, inactive(errNotOffline.Error())
	}
	t := &Token{
		Kind: KindRefresh, Issuer: g.Issuer, Scopes: standing.grant.Scopes.Only(standing.client.Scopes),
		IssuedAt: refresh.IssuedAt, ExpiresAt: refresh.ValidUntil, Confirmation: refresh.Confirmation,
	}
	t.describe(standing)
	return t, nil
}
