package consent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Consents reads and writes the consents of one provider.
type Consents struct {
	store store.Store
	life  time.Duration
	now   func() time.Time
}

// New returns the consents kept in s. One that nothing rested on for life is forgotten, and a
// withdrawn one is kept as long; grants look here whether they still are alive, so life is longer than
// that of any grant.
func New(s store.Store, life time.Duration, now func() time.Time) *Consents {
	return &Consents{store: s, life: life, now: now}
}

// Key is the store key of the consent between an account and a client.
func Key(account, clientID string) string {
	return fmt.Sprintf("%d:%s:%s", len(account), account, clientID) // the length keeps pairs apart
}

// Get returns what the account has allowed the client, withdrawn or not (see Consent.Standing), or
// nil when it never was asked.
func (c *Consents) Get(ctx context.Context, account, clientID string) (*Consent, error) {
	return c.Find(ctx, Key(account, clientID))
}

// Find is Get by Key.
func (c *Consents) Find(ctx context.Context, key string) (*Consent, error) {
	record, err := c.store.Get(ctx, store.Consents, key)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decode(record)
}

func decode(record store.Record) (*Consent, error) {
	consent := &Consent{version: record.Version}
	if err := record.Decode(consent); err != nil {
		return nil, fmt.Errorf("consent record: %w", err)
	}
	return consent, nil
}

// Remember returns the consent that an approval of asked makes out of prev (nil or withdrawn: a new
// one with a new ID), and the change that stores it. The commit fails with ErrConflict or ErrExists
// if prev is not the latest any more. What was approved of a client that told other things about itself
// is not carried over: the page that was just approved did not show it.
func (c *Consents) Remember(prev *Consent, asked Request) (*Consent, store.Change) {
	next := &Consent{ID: keys.NewID(), Account: asked.Account, ClientID: asked.ClientID}
	switch {
	case prev.Standing() && prev.Terms == asked.Terms:
		kept := *prev
		next = &kept
	case prev.Standing():
		next.ID, next.version = prev.ID, prev.version // grants made under it live on
	case prev != nil:
		next.version = prev.version
	}
	next.Scopes = next.Scopes.Union(asked.Scopes)
	next.Resources = union(next.Resources, asked.Resources...)
	next.Claims = union(next.Claims, asked.Claims...)
	if asked.RedirectURI != "" && !next.returnsTo(asked.RedirectURI) {
		next.RedirectURIs = union(next.RedirectURIs, asked.RedirectURI)
	}
	next.Terms = asked.Terms
	next.GrantedAt = c.now()
	next.UsedAt = next.GrantedAt
	if next.version == 0 {
		return next, store.Creating(c.record(next))
	}
	return next, store.Replacing(c.record(next))
}

// usedEvery is how far UsedAt may lag behind: people look at it to tell what they still use.
const usedEvery = time.Hour

// Use is what to commit with an authorization that rests on a standing consent without asking again:
// it keeps the consent from being forgotten, and tells when it was last used. Most often that is
// nothing, since not every authorization should cost a write more.
func (c *Consents) Use(standing *Consent) []store.Change {
	now := c.now()
	if now.Sub(standing.UsedAt) < min(c.life/10, usedEvery) {
		return nil
	}
	used := *standing
	used.UsedAt = now
	return []store.Change{store.Replacing(c.record(&used))}
}

// mostRecords bounds what List reads.
const mostRecords = 2000

// List returns the standing consents of an account, in no particular order. more says that there are
// too many records for all to have been looked at.
func (c *Consents) List(ctx context.Context, account string) (standing []*Consent, more bool, err error) {
	records, more, err := store.All(ctx, c.store, store.Consents, store.Filter{Subject: account}, mostRecords)
	if err != nil {
		return nil, false, err
	}
	for _, record := range records {
		consent, err := decode(record)
		if err != nil {
			return nil, false, err
		}
		if consent.Standing() {
			standing = append(standing, consent)
		}
	}
	return standing, more, nil
}

// Withdraw takes the consent back and returns it: every grant made under it is dead. One that is absent or was withdrawn
// before is no error; then it returns nil.
func (c *Consents) Withdraw(ctx context.Context, account, clientID string) (withdrawn *Consent, err error) {
	err = store.Again(func() error {
		withdrawn = nil
		consent, err := c.Get(ctx, account, clientID)
		if err != nil {
			return err
		}
		if !consent.Standing() {
			store.Noticed(c.store, store.Consents, Key(account, clientID))
			return nil
		}
		consent.WithdrawnAt = c.now()
		consent.UsedAt = consent.WithdrawnAt // kept as long as the youngest grant may live
		withdrawn = consent
		return c.store.Commit(ctx, store.Replacing(c.record(consent)))
	})
	if err != nil {
		return nil, err
	}
	return withdrawn, nil
}

func (c *Consents) record(of *Consent) store.Record {
	return store.Record{
		Kind: store.Consents, Key: Key(of.Account, of.ClientID), Version: of.version, ExpiresAt: of.UsedAt.Add(c.life),
		Subject: of.Account, ClientID: of.ClientID, Body: store.Body(of),
	}
}

// union returns a new list of all of a and those of more that a lacks.
func union(a []string, more ...string) []string {
	all := slices.Clone(a)
	for _, one := range more {
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}
