package remote

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/fact"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// maxAge is how old a signed answer may be: one that was kept somewhere says what was.
const maxAge = 2 * time.Minute

// Why a signed answer is none.
var (
	errNotSigned = errors.New("the signed answer is not one of the issuer")
	errNotForUs  = errors.New("the signed answer is not for us, or not about a token")
	errOld       = errors.New("the signed answer has no iat of now")
)

// open verifies a signed answer and gives what it says of the token (RFC 9701 section 5). Only the typ of such answers
// counts, so that no other JWT of the issuer can stand for one.
func (r *Remote) open(ctx context.Context, jws string) (map[string]any, error) {
	verified, _, err := r.keys.Verify(ctx, jws, r.config.algs())
	if err != nil {
		return nil, errors.Join(errNotSigned, err)
	}
	short := strings.TrimPrefix(strings.ToLower(verified.Type), "application/")
	if short != keys.TypeIntrospection {
		return nil, errNotSigned
	}
	members, err := oauth.ReadObject(verified.Payload)
	if err != nil {
		return nil, errNotForUs
	}
	outer, err := fact.Said(members).Token(r.now())
	if err != nil {
		return nil, errNotForUs
	}
	inner, ok := members["token_introspection"].(map[string]any)
	switch {
	case !ok || outer.Issuer != r.config.Issuer || !slices.Contains(outer.Audience, r.config.ClientID):
		return nil, errNotForUs
	case outer.IssuedAt.IsZero() || r.now().Sub(outer.IssuedAt) > maxAge:
		return nil, errOld
	}
	return inner, nil
}
