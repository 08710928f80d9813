package grant

import (
	"context"
	"errors"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Revoke ends a grant and with it every code and token that hangs from it, in one write. A grant that
// is unknown, over or revoked already is no error. An error means that it may still be alive.
func (g *Grants) Revoke(ctx context.Context, grantID string) error {
	return store.Again(func() error {
		w := g.watching()
		grant, err := g.grant(ctx, grantID, &w)
		switch {
		case errors.Is(err, ErrInactive):
			return nil
		case err != nil:
			return err
		case grant.revoked(g.now()):
			return nil
		}
		grant.RevokedAt = g.now()
		return g.Store.Commit(ctx, store.Replacing(grant.record()))
	})
}

// RevokeToken ends a token at its client's wish (RFC 7009 section 2.1): a refresh token takes its
// grant with it, an access token goes alone. A token that is unknown or dead already is no error; one
// of another client is refused and lives on. Any other error means that it may still be alive.
func (g *Grants) RevokeToken(ctx context.Context, clientID, token string) error {
	switch {
	case len(token) > maxToken:
		return nil
	case strings.HasPrefix(token, keys.PrefixRefresh):
		return g.revokeRefresh(ctx, clientID, token)
	case strings.HasPrefix(token, keys.PrefixAccess):
		return store.Again(func() error { return g.revokeOpaque(ctx, clientID, token) })
	}
	return g.revokeJWT(ctx, clientID, token)
}

func (g *Grants) revokeRefresh(ctx context.Context, clientID, token string) error {
	refresh, err := g.refreshToken(ctx, token)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return err
	case refresh.ClientID != clientID:
		return notTheirs()
	}
	return g.Revoke(ctx, refresh.GrantID)
}

func (g *Grants) revokeOpaque(ctx context.Context, clientID, token string) error {
	record, err := g.Store.Get(ctx, store.AccessTokens, keys.Digest(token))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return err
	case record.ClientID != clientID:
		return notTheirs()
	}
	return g.Store.Commit(ctx, store.Deleting(record))
}

// revokeJWT remembers the jti until the token would have expired by itself.
func (g *Grants) revokeJWT(ctx context.Context, clientID, token string) error {
	access, err := g.verify(token)
	switch {
	case errors.Is(err, ErrInactive):
		return nil
	case err != nil:
		return err
	case access.ClientID != clientID:
		return notTheirs()
	}
	err = g.Store.Commit(ctx, store.Creating(store.Record{
		Kind: store.DeniedTokens, Key: access.ID, ExpiresAt: access.ExpiresAt,
		GrantID: access.GrantID, ClientID: access.ClientID,
	}))
	if errors.Is(err, store.ErrExists) {
		return nil
	}
	return err
}

func notTheirs() error { return oauth.InvalidGrant("token was issued to another client", nil) }
