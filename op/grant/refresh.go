package grant

import (
	"context"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// refreshToken is a refresh token as it is stored: under its digest, until its grant is over. Spent
// ones stay, so that one that is shown again is known at any time (RFC 9700 section 4.14.2).
type refreshToken struct {
	GrantID    string    `json:"grant_id"`
	ClientID   string    `json:"client_id"`
	IssuedAt   time.Time `json:"issued_at"`
	ValidUntil time.Time `json:"valid_until"`
	SpentAt    time.Time `json:"spent_at,omitzero"`
	// Successor is the digest of the refresh token that took its place.
	Successor string `json:"successor,omitempty"`
	// Confirmation is what whoever uses it has to prove to have.
	Confirmation oauth.Confirmation `json:"cnf,omitzero"`

	record store.Record
}

func (r *refreshToken) spent() bool                { return !r.SpentAt.IsZero() }
func (r *refreshToken) expired(now time.Time) bool { return !now.Before(r.ValidUntil) }

// newRefreshToken makes a refresh token of the grant, bound to that, and the change that stores it.
func (g *Grants) newRefreshToken(grant *Grant, now time.Time, bound oauth.Confirmation) (token string, change store.Change) {
	token = keys.NewToken(keys.PrefixRefresh)
	body := refreshToken{
		GrantID: grant.ID, ClientID: grant.ClientID, IssuedAt: now,
		ValidUntil: liveUntil(now.Add(g.Life.RefreshToken), grant.ExpiresAt), Confirmation: bound,
	}
	return token, store.Creating(grant.hanging(store.RefreshTokens, keys.Digest(token), grant.ExpiresAt, body))
}

// refreshToken reads what is stored of a presented refresh token; store.ErrNotFound is one that nobody
// knows.
func (g *Grants) refreshToken(ctx context.Context, token string) (*refreshToken, error) {
	return g.refreshRecord(ctx, keys.Digest(token))
}

func (g *Grants) refreshRecord(ctx context.Context, key string) (*refreshToken, error) {
	record, err := g.Store.Get(ctx, store.RefreshTokens, key)
	if err != nil {
		return nil, err
	}
	r := &refreshToken{record: record}
	return r, record.Decode(r)
}

// sealedSuccessor is the successor of a spent refresh token, readable only to whoever presents that
// token again: its key comes from it, so a reader of the database has neither. It expires with the grace.
type sealedSuccessor struct {
	Sealed string `json:"sealed"`
}

// succession makes the successor of a presented refresh token and the changes that spend the one and
// store the other, sealed copy included.
func (g *Grants) succession(grant *Grant, presented string, r *refreshToken, bound oauth.Confirmation) (string, []store.Change, error) {
	now := g.now()
	successor, creating := g.newRefreshToken(grant, now, bound)
	sealed, err := keys.SealWith(presented, []byte(successor), []byte(grant.ID))
	if err != nil {
		return "", nil, err
	}
	spent := *r
	spent.SpentAt, spent.Successor = now, creating.Record.Key
	record := r.record
	record.Body = store.Body(&spent)
	kept := grant.hanging(store.RefreshSuccessors, record.Key, now.Add(g.Life.RefreshGrace), sealedSuccessor{Sealed: sealed})
	return successor, []store.Change{store.Replacing(record), creating, store.Creating(kept)}, nil
}

// successor opens the sealed successor of a spent refresh token for whoever presents it within the
// grace. store.ErrNotFound means that the grace is over.
func (g *Grants) successor(ctx context.Context, presented string, r *refreshToken) (string, error) {
	record, err := g.Store.Get(ctx, store.RefreshSuccessors, r.record.Key)
	if err != nil {
		return "", err
	}
	var sealed sealedSuccessor
	if err := record.Decode(&sealed); err != nil {
		return "", err
	}
	opened, err := keys.OpenWith(presented, sealed.Sealed, []byte(r.GrantID))
	return string(opened), err
}
