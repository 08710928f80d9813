package issuer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/fact"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// The values of Config.Types.
const (
	// TypeAccessToken is that of RFC 9068 section 2.1, which nothing but an access token has.
	TypeAccessToken = keys.TypeAccessToken
	// TypeJWT is what servers write, or leave out, that know no RFC 9068. Their ID tokens look alike, but for the
	// audience.
	TypeJWT = "JWT"
)

// Why a token is not taken, for the log alone.
var (
	errNotSigned   = fmt.Errorf("%w: no key of the issuer has signed it", grant.ErrInactive)
	errExpired     = fmt.Errorf("%w: token has expired", grant.ErrInactive)
	errOtherKind   = fmt.Errorf("%w: token is a JWT of another kind", grant.ErrInactive)
	errOtherIssuer = fmt.Errorf("%w: token names another issuer", grant.ErrInactive)
	errIncomplete  = fmt.Errorf("%w: token lacks a claim of RFC 9068", grant.ErrInactive)
)

// ofOtherKinds are claims that no access token has but other JWTs of an issuer: its ID tokens (OIDC Core sections 2
// and 3.3.2.11), logout tokens (OIDC Back-Channel Logout section 2.4) and introspection responses (RFC 9701 section
// 5). Beside typ JWT nothing else tells them apart.
var ofOtherKinds = []string{"nonce", "at_hash", "c_hash", "s_hash", "events", "token_introspection"}

// read holds a verified token against RFC 9068 section 4. Its audience is the guard's to judge.
func (i *Issuer) read(verified keys.JWS) (*grant.Token, error) {
	typ, ok := i.allows(verified.Type)
	if !ok {
		return nil, errOtherKind
	}
	members, err := oauth.ReadObject(verified.Payload)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", fact.ErrMalformed, err)
	}
	if typ != TypeAccessToken && slices.ContainsFunc(ofOtherKinds, func(name string) bool { return members[name] != nil }) {
		return nil, errOtherKind
	}
	token, err := fact.Said(members).Token(i.now())
	if err != nil {
		return nil, err
	}
	switch {
	case token.Issuer != i.config.Issuer:
		return nil, errOtherIssuer
	case token.ExpiresAt.IsZero() || token.IssuedAt.IsZero() || token.Subject == "" || len(token.Audience) == 0:
		return nil, errIncomplete
	case typ == TypeAccessToken && token.ClientID == "":
		return nil, errIncomplete
	}
	return token, nil
}

// allows gives the configured type that a typ stands for: compared as media types are, in any case, and with the
// prefix that may be left out (RFC 7515 section 4.1.9). No typ is JWT.
func (i *Issuer) allows(typ string) (string, bool) {
	short, isMediaType := strings.CutPrefix(strings.ToLower(typ), "application/")
	if short == "" && !isMediaType {
		short = TypeJWT
	}
	for _, allowed := range i.config.Types {
		if strings.EqualFold(allowed, short) {
			return allowed, true
		}
	}
	return "", false
}
