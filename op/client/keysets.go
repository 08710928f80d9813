package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/shelf"
)

var (
	errNoKeys   = errors.New("client has neither jwks nor jwks_uri")
	errNoSecret = errors.New("client has no secret that is kept")
)

// longestUse is how long what clients keep elsewhere is used at most, whatever its answer says.
const longestUse = 24 * time.Hour

// keysLife is how long what lies at a jwks_uri is used.
var keysLife = shelf.Life{AtLeast: shelf.AskAgain, AtMost: longestUse}

// KeySets has the keys of clients: those registered with them, and those that lie at their jwks_uri, which it
// remembers for as long as the answer allows. It is safe for concurrent use.
type KeySets struct {
	byValue *parsed
	// byURI are those of configured clients. strangers are all others', who may be as many and as slow as they like.
	byURI, strangers *shelf.Shelf[*keys.PublicKeys]
	now              func() time.Time
}

// NewKeySets makes the KeySets of one configuration, whose outbound policy f has.
func NewKeySets(f *fetch.Client, now func() time.Time) *KeySets { return newKeySets(f, now) }

func newKeySets(f shelf.Getter, now func() time.Time) *KeySets {
	k := &KeySets{byValue: newParsed(), byURI: shelf.New(f, keysLife, keys.ParsePublicKeys, now), now: now}
	k.strangers = k.byURI
	return k
}

// Apart has the keys of clients that nobody configured read by f, so that those of the others wait for none of them.
// Call it before first use.
func (k *KeySets) Apart(f *fetch.Client) { k.apart(f) }

func (k *KeySets) apart(f shelf.Getter) {
	k.strangers = shelf.New(f, keysLife, keys.ParsePublicKeys, k.now)
}

// Verify gives a JWS that the client has made with one of algs: one of keys.HMACAlgs by a secret of its that is
// kept, any other by its keys and never by a secret. If the keys at its jwks_uri do not fit, they are read
// again, though not more often than every 10 s, since whoever sends something signed could ask for it (OIDC Core
// section 10.1.1). The error wraps keys.ErrNotVerified, or oauth.ErrUnavailable when nobody can tell.
func (k *KeySets) Verify(ctx context.Context, c *Client, jws string, algs []string) (keys.JWS, error) {
	alg, _, err := keys.Peek(jws)
	if err != nil {
		return keys.JWS{}, err
	}
	if !slices.Contains(algs, alg) {
		return keys.JWS{}, keys.ErrNotVerified
	}
	if slices.Contains(keys.HMACAlgs, alg) {
		return verifyBySecret(c, jws, alg)
	}
	var verified keys.JWS
	err = k.with(ctx, c, func(set *keys.PublicKeys) error {
		verified, err = set.Verify(jws, []string{alg})
		return err
	})
	switch {
	case err == nil:
		return verified, nil
	case errors.Is(err, oauth.ErrUnavailable), errors.Is(err, keys.ErrNotVerified):
		return keys.JWS{}, err
	}
	return keys.JWS{}, fmt.Errorf("%w: %w", keys.ErrNotVerified, err)
}

func verifyBySecret(c *Client, jws, alg string) (keys.JWS, error) {
	err := fmt.Errorf("%w: %w", keys.ErrNotVerified, errNoSecret)
	for _, secret := range c.Secrets {
		plain, kept := secret.Plain()
		if !kept {
			continue
		}
		var verified keys.JWS
		if verified, err = keys.VerifyHMAC(plain, jws, []string{alg}); err == nil {
			return verified, nil
		}
	}
	return keys.JWS{}, err
}

// Encrypt makes a compact JWE for the client (keys.PublicKeys.Encrypt), with keys at its jwks_uri read again if
// none of those known fits. The error wraps keys.ErrNoFittingKey when the client's keys are to blame, those that
// could not be read among them.
func (k *KeySets) Encrypt(ctx context.Context, c *Client, plain []byte, alg, enc string, tells keys.Inside) (string, error) {
	var encrypted string
	read := false
	err := k.with(ctx, c, func(set *keys.PublicKeys) error {
		read = true
		var err error
		encrypted, err = set.Encrypt(plain, alg, enc, tells)
		return err
	})
	if err != nil && !read && !errors.Is(err, oauth.ErrUnavailable) {
		err = fmt.Errorf("%w: %w", keys.ErrNoFittingKey, err)
	}
	return encrypted, err
}

// Registered holds a certificate, in DER, against those that the client's keys are published with (RFC 8705 section
// 2.2.2), which are read again if it is none of those known. The error wraps oauth.ErrUnavailable when nobody can tell.
func (k *KeySets) Registered(ctx context.Context, c *Client, certificate []byte) error {
	err := k.with(ctx, c, func(set *keys.PublicKeys) error {
		if !set.Registers(certificate) {
			return keys.ErrNoFittingKey
		}
		return nil
	})
	if errors.Is(err, keys.ErrNoFittingKey) {
		return errOtherCertificate
	}
	return err
}

// with calls use with the client's keys, and once more with newer ones if they are found not to fit.
func (k *KeySets) with(ctx context.Context, c *Client, use func(*keys.PublicKeys) error) error {
	switch {
	case len(c.JWKS) > 0:
		set, err := k.byValue.get(c.JWKS)
		if err != nil {
			return err
		}
		return use(set)
	case c.JWKSURI == "":
		return errNoKeys
	}
	from := k.strangers
	if c.Configured {
		from = k.byURI
	}
	held, err := from.Get(ctx, c.JWKSURI)
	if err != nil {
		return fmt.Errorf("jwks_uri: %w", err)
	}
	first := use(held.Value)
	if !errors.Is(first, keys.ErrNoFittingKey) {
		return first
	}
	newer, err := from.Newer(ctx, c.JWKSURI, held)
	if err != nil || newer == held {
		return errors.Join(first, err)
	}
	return use(newer.Value)
}
