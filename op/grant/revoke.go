package grant

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Revoke ends a grant because something of it was used twice, and with it every code and token that hangs from it, in
// one write. A grant that is unknown, over or revoked already is no error. An error means that it may still be alive.
func (g *Grants) Revoke(ctx context.Context, grantID string) error {
	return g.revoke(ctx, grantID, audit.ReasonReplayed)
}

func (g *Grants) revoke(ctx context.Context, grantID, reason string) error {
	return store.Again(func() error {
		w := g.watching()
		grant, err := g.grant(ctx, grantID, &w)
		switch {
		case errors.Is(err, ErrInactive):
			g.noticed(grantID)
			return nil
		case err != nil:
			return err
		case grant.revoked(g.now()):
			g.noticed(grantID)
			return nil
		}
		grant.RevokedAt = g.now()
		err = g.Store.Commit(ctx, store.Replacing(grant.record()))
		if err == nil {
			g.Trail.Tell(ctx, grant.ended(audit.GrantRevoked, reason))
		}
		return err
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
	return g.revoke(ctx, refresh.GrantID, audit.ReasonAsked)
}

func (g *Grants) revokeOpaque(ctx context.Context, clientID, token string) error {
	record, err := g.Store.Get(ctx, store.AccessTokens, keys.Digest(token))
	switch {
	case errors.Is(err, store.ErrNotFound):
		store.Noticed(g.Store, store.AccessTokens, keys.Digest(token))
		return nil
	case err != nil:
		return err
	case record.ClientID != clientID:
		return notTheirs()
	}
	err = g.Store.Commit(ctx, store.Deleting(record))
	if err == nil {
		g.tellRevoked(ctx, clientID, record.Subject, record.GrantID)
	}
	return err
}

// stillTaken is how long a token that has expired by the clock of this node may be taken by another: a clock that was
// set is put right within seconds.
const stillTaken = 5 * time.Minute

// revokeJWT remembers the jti until the token would have expired by itself.
func (g *Grants) revokeJWT(ctx context.Context, clientID, token string) error {
	access, err := g.signed(ctx, token)
	switch {
	case errors.Is(err, ErrInactive):
		return nil
	case err != nil:
		return err
	case access.ClientID != clientID:
		return notTheirs()
	case !g.now().Before(access.ExpiresAt.Add(stillTaken)):
		return nil
	}
	err = g.Store.Commit(ctx, store.Creating(store.Record{
		Kind: store.DeniedTokens, Key: access.ID, ExpiresAt: access.ExpiresAt,
		GrantID: access.GrantID, ClientID: access.ClientID,
	}))
	switch {
	case errors.Is(err, store.ErrExists): // revoked before
		return nil
	case err == nil:
		g.tellRevoked(ctx, clientID, "", access.GrantID) // the token does not say whose it is
	}
	return err
}

// tellRevoked tells of an access token that was revoked alone.
func (g *Grants) tellRevoked(ctx context.Context, clientID, account, grantID string) {
	g.Trail.Tell(ctx, audit.Event{
		Name: audit.TokenRevoked, ClientID: clientID, Account: account, GrantID: grantID, Reason: audit.ReasonAsked,
	})
}

// ended is what is told of the end of a grant.
func (g *Grant) ended(name audit.Name, reason string) audit.Event {
	return audit.Event{
		Name: name, ClientID: g.ClientID, Account: g.Account, SessionID: g.SessionID, GrantID: g.ID, Reason: reason,
	}
}

func notTheirs() error { return oauth.InvalidGrant("token was issued to another client", nil) }
