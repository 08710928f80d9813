package grant

import (
	"context"
	"errors"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// ownID names the one grant a client has for itself. It follows from the client_id, so that it is
// found without a search, and is longer than any random grant ID, so that it never meets one.
func ownID(clientID string) string { return keys.Digest("client_credentials\x00" + clientID) }

// ClientCredentials issues an access token to a client that acts for itself (RFC 6749 section 4.4).
// The caller has authenticated the client and decided scopes and audience. There is one grant for the
// client, made on first use, and no record for a JWT; sub is the client_id. The token is bound to
// what the client proves to have.
func (g *Grants) ClientCredentials(ctx context.Context, c *client.Client, scopes oauth.Scopes, audience []string, by Possession) (*Issued, error) {
	var issued *Issued
	err := store.Again(func() (err error) {
		i := &issuing{watch: g.watching(), scopes: scopes, audience: audience, by: by}
		// A token bears whole seconds, so it is held against the grant's cut-off as it will be read.
		i.standing, err = g.standing(ctx, ownID(c.ID), g.now().Truncate(time.Second), &i.watch)
		if errors.Is(err, errGrantUnknown) {
			return g.createOwn(ctx, c)
		}
		if err != nil {
			return err
		}
		using, err := g.Clients.Using(ctx, c)
		if err != nil {
			return err
		}
		issued, err = g.issue(ctx, i, using...)
		return err
	})
	if errors.Is(err, ErrInactive) {
		return nil, oauth.InvalidGrant("grant is over", err)
	}
	return issued, err
}

// createOwn makes the client's own grant. Made or found made, the answer is a conflict: it is to be
// read like any other.
func (g *Grants) createOwn(ctx context.Context, c *client.Client) error {
	own := Grant{ID: ownID(c.ID), ClientID: c.ID, Subject: c.ID, CreatedAt: g.now()}
	if err := g.Store.Commit(ctx, store.Creating(own.record())); err != nil {
		return err
	}
	return store.ErrConflict
}
