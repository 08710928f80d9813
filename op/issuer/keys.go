package issuer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/shelf"
)

// keysLife bounds how long keys are used that were withdrawn. Half of it is how long an issuer may be away without
// anybody feeling it.
var keysLife = shelf.Life{AtLeast: 5 * time.Minute, AtMost: time.Hour, Ahead: true}

// Keys are the public keys of one issuer, wherever it publishes them. They are safe for concurrent use.
type Keys struct {
	uri      string // "" for the one of the metadata
	metadata *metadata
	sets     *shelf.Shelf[*keys.PublicKeys]
}

// NewKeys makes the Keys of an issuer: those at jwksURI, or at the place its metadata names if that is empty.
func NewKeys(issuer, jwksURI string, f shelf.Getter, now func() time.Time) *Keys {
	return &Keys{
		uri: jwksURI, metadata: newMetadata(issuer, f, now),
		sets: shelf.New(f, keysLife, keys.ParsePublicKeys, now),
	}
}

// Current gives the keys as they are known, or reads them. It is the same pointer while the issuer publishes the
// same. The error wraps oauth.ErrUnavailable.
func (k *Keys) Current(ctx context.Context) (*keys.PublicKeys, error) {
	_, held, err := k.held(ctx)
	if err != nil {
		return nil, err
	}
	return held.Value, nil
}

// Verify gives a JWS that the issuer has signed with one of algs, and the keys that showed it. If none of those known
// fits, they are read again, though not more often than every 10 s. The error wraps keys.ErrNotVerified, or
// oauth.ErrUnavailable when nobody can tell.
func (k *Keys) Verify(ctx context.Context, jws string, algs []string) (keys.JWS, *keys.PublicKeys, error) {
	uri, held, err := k.held(ctx)
	if err != nil {
		return keys.JWS{}, nil, err
	}
	verified, err := held.Value.Verify(jws, algs)
	if !errors.Is(err, keys.ErrNoFittingKey) {
		return verified, held.Value, err
	}
	newer, unread := k.sets.Newer(ctx, uri, held)
	if unread != nil {
		return keys.JWS{}, nil, unavailable("keys", unread)
	}
	if newer.Value == held.Value {
		return keys.JWS{}, nil, err
	}
	verified, err = newer.Value.Verify(jws, algs)
	return verified, newer.Value, err
}

func (k *Keys) held(ctx context.Context) (uri string, held *shelf.Held[*keys.PublicKeys], err error) {
	if uri = k.uri; uri == "" {
		if uri, err = k.metadata.jwksURI(ctx); err != nil {
			return "", nil, err
		}
	}
	if held, err = k.sets.Get(ctx, uri); err != nil {
		return "", nil, unavailable("keys", err)
	}
	return uri, held, nil
}

// unavailable says that nobody can tell, since an issuer did not say what it had to.
func unavailable(what string, err error) error {
	return fmt.Errorf("issuer: %s: %w: %w", what, err, oauth.ErrUnavailable)
}
