package grant

import (
	"context"
	"errors"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// CodeRequest is what the authorization request bound its code to.
type CodeRequest struct {
	RedirectURI string
	Challenge   oauth.Challenge
	Nonce       string
	// JKT is the thumbprint of the one key that may redeem it, "" for any (RFC 9449 section 10).
	JKT string
}

// Code is an authorization code as it is stored: under its digest, until its grant is over.
type Code struct {
	GrantID     string          `json:"grant_id"`
	ClientID    string          `json:"client_id"`
	RedirectURI string          `json:"redirect_uri"`
	Challenge   oauth.Challenge `json:"code_challenge,omitempty"`
	Nonce       string          `json:"nonce,omitempty"`
	ValidUntil  time.Time       `json:"valid_until"`
	SpentAt     time.Time       `json:"spent_at,omitzero"`
	JKT         string          `json:"dpop_jkt,omitempty"`

	record store.Record
}

// Spent reports whether the code was redeemed already.
func (c *Code) Spent() bool { return !c.SpentAt.IsZero() }

// Expired reports whether the code's own life is over.
func (c *Code) Expired(now time.Time) bool { return !now.Before(c.ValidUntil) }

// codeRecord is the code as it is stored, under its digest.
func (g *Grants) codeRecord(grant *Grant, code string, req *CodeRequest) store.Record {
	return grant.hanging(store.Codes, keys.Digest(code), grant.ExpiresAt, Code{
		GrantID: grant.ID, ClientID: grant.ClientID, RedirectURI: req.RedirectURI, Challenge: req.Challenge,
		Nonce: req.Nonce, ValidUntil: grant.CreatedAt.Add(g.Life.Code), JKT: req.JKT,
	})
}

// Code reads the code a client presents. ErrNotFound is one that nobody knows; the caller decides what
// a spent or expired one means.
func (g *Grants) Code(ctx context.Context, code string) (*Code, error) {
	record, err := g.Store.Get(ctx, store.Codes, keys.Digest(code))
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	read := &Code{record: record}
	if err := record.Decode(read); err != nil {
		return nil, err
	}
	return read, nil
}

// spending is the change that marks the code as used. It stays until its grant is over, so that a
// replay is known at any time.
func (c *Code) spending(now time.Time) store.Change {
	spent := *c
	spent.SpentAt = now
	record := c.record
	record.Body = store.Body(&spent)
	return store.Replacing(record)
}

// hanging is a record of something that belongs to the grant.
func (g *Grant) hanging(kind store.Kind, key string, expires time.Time, body any) store.Record {
	return store.Record{
		Kind: kind, Key: key, ExpiresAt: expires,
		GrantID: g.ID, SessionID: g.SessionID, Subject: g.Account, ClientID: g.ClientID,
		Body: store.Body(body),
	}
}
