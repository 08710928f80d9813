package idtoken

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// ErrBadHint says that a text is no ID token of this issuer that can be trusted. It does not say why: the
// answer to a bad hint must not tell more than the answer to none.
var ErrBadHint = errors.New("idtoken: the hint is not an ID token of this issuer")

// Hint is what an id_token_hint says.
type Hint struct {
	// Subject is the sub as the clients in Audience see it.
	Subject string
	// Audience holds at least one client id.
	Audience []string
	// SID names the session at that client, "" if the token named none.
	SID string
}

// ReadHint reads an id_token_hint (OpenID Connect Core section 3.1.2.1, RP-Initiated Logout section 2), signed by
// this issuer or with the secret of the one client it is for. It may have expired and its key may be retired; one
// of another issuer, one that is not signed or is encrypted and any other kind of token is ErrBadHint. Other
// errors are the store's. That it was made for the client that sends it, and for the session at hand, is for the
// caller to check.
func (m *Maker) ReadHint(ctx context.Context, jws string) (Hint, error) {
	if err := ctx.Err(); err != nil {
		return Hint{}, err
	}
	alg, unverified, err := keys.Peek(jws)
	if err != nil {
		return Hint{}, fmt.Errorf("%w: %w", ErrBadHint, err)
	}
	if slices.Contains(keys.HMACAlgs, alg) {
		return m.readOwnHint(ctx, jws, unverified)
	}
	payload, err := m.Ring.VerifyHint(ctx, jws)
	switch {
	case errors.Is(err, keys.ErrNotVerified):
		return Hint{}, fmt.Errorf("%w: %w", ErrBadHint, err)
	case err != nil:
		return Hint{}, err
	}
	return m.hint(payload)
}

// readOwnHint reads a hint that a client could have made itself, since it has the secret. So it counts for that
// client and no other: a second one in its audience would be spoken for by the first.
func (m *Maker) readOwnHint(ctx context.Context, jws string, unverified []byte) (Hint, error) {
	claimed, err := m.hint(unverified)
	if err != nil {
		return Hint{}, err
	}
	if len(claimed.Audience) != 1 {
		return Hint{}, ErrBadHint
	}
	c, err := m.Clients.Get(ctx, claimed.Audience[0])
	switch {
	case errors.Is(err, client.ErrNotFound):
		return Hint{}, fmt.Errorf("%w: %w", ErrBadHint, err)
	case err != nil:
		return Hint{}, err
	case !slices.Contains(keys.HMACAlgs, c.IDToken.Alg):
		return Hint{}, ErrBadHint // nobody has signed its ID tokens so
	}
	verified, err := m.KeySets.Verify(ctx, c, jws, []string{c.IDToken.Alg})
	if err != nil || verified.Type != keys.TypeIDToken {
		return Hint{}, fmt.Errorf("%w: %w", ErrBadHint, err)
	}
	return m.hint(verified.Payload)
}

// hint reads the claims of an ID token. Every one says when it was made and until when it holds; other tokens of
// the same typ, such as signed userinfo, do not.
func (m *Maker) hint(payload []byte) (Hint, error) {
	var claims struct {
		Issuer   string         `json:"iss"`
		Subject  string         `json:"sub"`
		Audience oauth.Audience `json:"aud"`
		SID      string         `json:"sid"`
		IssuedAt int64          `json:"iat"`
		Expires  int64          `json:"exp"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return Hint{}, fmt.Errorf("%w: %w", ErrBadHint, err)
	}
	if claims.Issuer != m.Issuer || claims.Subject == "" || len(claims.Audience) == 0 || claims.IssuedAt <= 0 || claims.Expires <= 0 {
		return Hint{}, ErrBadHint
	}
	return Hint{Subject: claims.Subject, Audience: claims.Audience, SID: claims.SID}, nil
}
