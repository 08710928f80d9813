package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// prefixRegistered begins the client_id of every registered client. No sub may begin so, whereby none can ever
// be that of a client (RFC 9700 section 4.15).
const prefixRegistered = "gcl_"

const (
	// usedEvery is how often a client that is in use costs a write.
	usedEvery = 24 * time.Hour
	// derived is how many bytes of registrations are remembered as clients, each counted as clientSize at least;
	// the others are read from the store again. Strangers say how large they are and whether they are used.
	derived    = 32 << 20
	clientSize = 2 << 10
)

// RegistrationDeps are what Registrations rests on.
type RegistrationDeps struct {
	Store store.Store
	// Generations are those of Store; with nil nothing is remembered.
	Generations *store.Generations
	// Secrets seal the secrets that have to be had back; with nil there are none.
	Secrets *keys.Secrets
	// Scopes are all that a registered client may have.
	Scopes oauth.Scopes
	// Keep is how long a client that was used is kept from then on. It is longer, by a day at least, than
	// anything that hangs from a client lives.
	Keep time.Duration
	Now  func() time.Time
}

// Registrations are the clients that registered themselves. It is safe for concurrent use.
type Registrations struct {
	RegistrationDeps
	clients *otter.Cache[string, *remembered]
}

// remembered is a client as it was read, which holds while its slot has that value.
type remembered struct {
	client    *Client
	expiresAt time.Time
	slot      uint32
	value     uint64
	// size is that of the record, in bytes.
	size uint32
}

// NewRegistrations makes one configuration's view of them; it does no I/O.
func NewRegistrations(d RegistrationDeps) *Registrations {
	return &Registrations{
		RegistrationDeps: d,
		clients: otter.Must(&otter.Options[string, *remembered]{
			MaximumWeight: derived, Weigher: func(_ string, one *remembered) uint32 { return max(one.size, clientSize) },
		}),
	}
}

// IsRegisteredID reports whether id has the form of a registered client's, which no sub may have.
func IsRegisteredID(id string) bool { return strings.HasPrefix(id, prefixRegistered) }

// NewRegistration makes an identity for a client.
func (r *Registrations) NewRegistration() *Registration {
	return &Registration{ID: prefixRegistered + keys.NewID(), IssuedAt: r.Now().UTC().Truncate(time.Second)}
}

// GiveSecret makes the client another secret, and with plain gives back the one it proved to have. Kept says
// that the secret itself is needed later, sealed; without it only the digest is stored.
func (r *Registrations) GiveSecret(to *Registration, plain string, kept bool) (secret string) {
	secret = plain
	if secret == "" {
		secret, _ = NewSecretHash()
	}
	to.ForgetSecret()
	if kept {
		to.sealed = r.Secrets.Seal(sealPurpose, []byte(secret), []byte(to.ID))
	} else {
		to.secret = SecretHash(secret)
	}
	return secret
}

// ProvesSecret reports whether plain is the client's secret.
func (r *Registrations) ProvesSecret(of *Registration, plain string) (bool, error) {
	secret, err := of.readSecret(r.Secrets)
	if err != nil || secret.IsZero() {
		return false, err
	}
	return secret.Verify(plain)
}

// Get reads a registration; a disabled one too. The error is ErrNotFound, or the store's.
func (r *Registrations) Get(ctx context.Context, id string) (*Registration, error) {
	if checkID(id) != nil {
		return nil, ErrNotFound // never stored: spares the store a look for rubbish of any size
	}
	record, err := r.Store.Get(ctx, store.Clients, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, ErrNotFound
	case err != nil:
		return nil, fmt.Errorf("read client: %w", err)
	}
	return fromRecord(record)
}

// Creating is the change that stores a new registration.
func (r *Registrations) Creating(made *Registration) store.Change {
	return store.Creating(made.record())
}

// Replacing is the change that stores a registration anew, if it still is as it was read.
func (r *Registrations) Replacing(changed *Registration) store.Change {
	return store.Replacing(changed.record())
}

// Deleting is the change that takes a registration away, if it still is as it was read. All that hangs from
// the client is over with it.
func (r *Registrations) Deleting(gone *Registration) store.Change {
	return store.Deleting(gone.record())
}

// Client is the client that a registration describes. Its scopes are those it may have now: what the operator
// no longer opens to registered clients, none of them has.
func (r *Registrations) Client(of *Registration) (*Client, error) {
	c, err := of.Metadata.Client(of.ID, r.Scopes)
	if err != nil {
		return nil, fmt.Errorf("stored client: %w", err)
	}
	secret, err := of.readSecret(r.Secrets)
	if err != nil {
		return nil, err
	}
	if !secret.IsZero() {
		c.Secrets = []Secret{secret}
	}
	c.Disabled = of.Disabled
	return c, nil
}

// find is the client of that id, remembered while its record is as it was read.
func (r *Registrations) find(ctx context.Context, id string) (*Client, error) {
	if known, ok := r.standing(id); ok {
		return known.client, nil
	}
	c, _, err := r.read(ctx, id)
	return c, err
}

// standing is what is remembered of a client, if nothing has changed it since.
func (r *Registrations) standing(id string) (*remembered, bool) {
	known, ok := r.clients.GetIfPresent(id)
	if !ok || !r.Generations.Current() || r.Generations.Load(known.slot) != known.value {
		return nil, false
	}
	return known, known.expiresAt.IsZero() || r.Now().Before(known.expiresAt)
}

// read reads a client from the store and remembers it.
func (r *Registrations) read(ctx context.Context, id string) (*Client, *Registration, error) {
	var slot uint32
	var value uint64
	if r.Generations != nil { // before the record is read, so that a change in between shows
		slot = r.Generations.Slot(store.Clients, id)
		value = r.Generations.Mark(slot)
	}
	found, err := r.Get(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	c, err := r.Client(found)
	if err != nil {
		return nil, nil, err
	}
	if r.Generations != nil {
		r.clients.Set(id, &remembered{client: c, expiresAt: found.ExpiresAt, slot: slot, value: value, size: found.size})
	}
	return c, found, nil
}

// using is what to commit with something granted to the client: it keeps the client from being forgotten.
// Most often that is nothing, since a client in use costs one write a day.
func (r *Registrations) using(ctx context.Context, id string) ([]store.Change, error) {
	now := r.Now().UTC()
	late := now.Add(r.Keep - usedEvery)
	if known, ok := r.standing(id); ok && !known.expiresAt.Before(late) {
		return nil, nil
	}
	_, found, err := r.read(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, nil // over meanwhile, and so is what is being granted
	case err != nil:
		return nil, err
	case !found.ExpiresAt.Before(late):
		return nil, nil
	}
	found.UsedAt, found.ExpiresAt = now.Truncate(time.Second), now.Add(r.Keep)
	return []store.Change{r.Replacing(found)}, nil
}

// adopting is what to commit with something granted to a client that a document describes: the client as it was
// described to the person, so that what is granted can be looked at without asking for the document again.
func (r *Registrations) adopting(ctx context.Context, id string, described Metadata) ([]store.Change, error) {
	now := r.Now().UTC()
	change := r.Replacing
	adopted, err := r.Get(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound):
		change, adopted = r.Creating, &Registration{ID: id, IssuedAt: now.Truncate(time.Second)}
	case err != nil:
		return nil, err
	case bytes.Equal(store.Body(adopted.Metadata), store.Body(described)) && !adopted.ExpiresAt.Before(now.Add(r.Keep-usedEvery)):
		return nil, nil
	}
	adopted.Metadata, adopted.UsedAt, adopted.ExpiresAt = described, now.Truncate(time.Second), now.Add(r.Keep)
	return []store.Change{change(adopted)}, nil
}
