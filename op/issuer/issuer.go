package issuer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/seed-5b16f944/gatehouse/op/fact"
	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/shelf"
)

// maxFacts bounds the tokens that are remembered. One that fell out costs its signature again.
const maxFacts = 32768

// DefaultAlgs are the signature algorithms of an issuer of which the operator says nothing: those of FAPI 2.0
// section 5.4, and RS256, which most have.
var DefaultAlgs = []string{keys.ES256, keys.PS256, keys.EdDSA, keys.RS256}

// Config says whose tokens are taken. The zero value of a field but Issuer is its default.
type Config struct {
	// Issuer is the issuer identifier, to the byte (RFC 8414 section 2).
	Issuer string
	// Algs are the signature algorithms its tokens may have. Default: DefaultAlgs.
	Algs []string
	// Types are the typ its tokens may have, TypeAccessToken or TypeJWT. Default: TypeAccessToken.
	Types []string
	// JWKSURI is where its keys are. Default: what its metadata says.
	JWKSURI string
}

// Issuer answers for the tokens of one issuer. It is safe for concurrent use.
type Issuer struct {
	config Config
	keys   *Keys
	now    func() time.Time
	facts  *otter.Cache[fact.Key, *known]
}

// known is what was found out about one token, and the keys it was verified with.
type known struct {
	token *grant.Token
	by    *keys.PublicKeys
	dead  int64 // Unix nanoseconds
}

// New makes an Issuer of a Config that Check has nothing against. It does no I/O.
func New(config Config, f shelf.Getter, now func() time.Time) *Issuer {
	if len(config.Algs) == 0 {
		config.Algs = DefaultAlgs
	}
	if len(config.Types) == 0 {
		config.Types = []string{TypeAccessToken}
	}
	return &Issuer{
		config: config, keys: NewKeys(config.Issuer, config.JWKSURI, f, now), now: now,
		facts: otter.Must(&otter.Options[fact.Key, *known]{MaximumSize: maxFacts}),
	}
}

// Name is the issuer identifier.
func (i *Issuer) Name() string { return i.config.Issuer }

// Introspect gives the facts about a token that this issuer signed: grant.ErrInactive for any other, and what wraps
// oauth.ErrUnavailable when its keys cannot be had. The Token is shared, is never written to, and keeps its address
// while it is remembered.
//
// A token seen before costs one digest and a few look-ups. It is verified again when the issuer has published
// other keys since, so that a key that it has withdrawn counts for nothing from then on.
func (i *Issuer) Introspect(ctx context.Context, token string) (*grant.Token, error) {
	if len(token) > keys.MaxJWS {
		return nil, errNotSigned
	}
	set, err := i.keys.Current(ctx)
	if err != nil {
		return nil, err
	}
	key := fact.KeyOf(i.config.Issuer, token)
	if found, ok := i.facts.GetIfPresent(key); ok && found.by == set {
		if i.now().UnixNano() < found.dead {
			return found.token, nil
		}
		i.facts.Invalidate(key)
		return nil, errExpired
	}
	return i.examine(ctx, token, key)
}

// examine verifies a token and remembers what it says.
func (i *Issuer) examine(ctx context.Context, token string, key fact.Key) (*grant.Token, error) {
	verified, set, err := i.keys.Verify(ctx, token, i.config.Algs)
	switch {
	case errors.Is(err, oauth.ErrUnavailable):
		return nil, err
	case err != nil:
		return nil, errNotSigned
	}
	found, err := i.read(verified)
	if errors.Is(err, fact.ErrMalformed) {
		err = fmt.Errorf("%w: %w", grant.ErrInactive, err)
	}
	if err != nil {
		return nil, err
	}
	i.facts.Set(key, &known{token: found, by: set, dead: found.ExpiresAt.UnixNano()})
	return found, nil
}

// interface guard
var _ shelf.Getter = (*fetch.Client)(nil)
