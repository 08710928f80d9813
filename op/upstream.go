package op

import (
	"fmt"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/upstream"
)

// What a guard needs of the tokens that it gives to its upstream, under this package's name.
type (
	// UpstreamWish says what a guard wants its upstream told.
	UpstreamWish = upstream.Wish
	// UpstreamToken is a token for an upstream, and until when it can be shown.
	UpstreamToken = upstream.Token
)

// DefaultUpstreamLife is how long such a token lives if the operator does not say.
const DefaultUpstreamLife = upstream.DefaultLife

// ErrUpstreamTooLarge says that somebody's claims make no token that fits into a header.
var ErrUpstreamTooLarge = upstream.ErrTooLarge

// TellsUpstream reports whether a token for an upstream can hold a claim of a person by that name.
func TellsUpstream(name string) bool { return upstream.Tells(name) }

// UpstreamToken makes a token that tells an upstream what is known of a live Token or session, signed with a key of
// the provider's JWKS. The error is ErrUpstreamTooLarge, or ours.
func (p *Provider) UpstreamToken(of *Token, w UpstreamWish) (*UpstreamToken, error) {
	return p.upstreams.Make(of, w)
}

// CheckUpstream refuses an audience that stands for somebody else already: who takes a token by its iss and aud alone,
// as clients do with ID tokens, must not find itself in that of an upstream.
func (c Config) CheckUpstream(audience string) error {
	named, err := oauth.NormalizeResource(audience)
	if err != nil {
		return err
	}
	if issuer, err := oauth.NormalizeResource(c.Issuer); err == nil && issuer == named {
		return fmt.Errorf("%s is the issuer", audience)
	}
	if slices.Contains(c.clientIDs(), audience) {
		return fmt.Errorf("%s is a client", audience)
	}
	return nil
}
