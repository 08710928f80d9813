package idtoken

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

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

// ReadHint reads an id_token_hint (OpenID Connect Core section 3.1.2.1, RP-Initiated Logout section 2). It
// may have expired and its key may be retired; one of another issuer, one that is not signed and any other
// kind of token is ErrBadHint. That it was made for the client that sends it, and for the session at hand, is
// for the caller to check.
func (m *Maker) ReadHint(ctx context.Context, jws string) (Hint, error) {
	if err := ctx.Err(); err != nil {
		return Hint{}, err
	}
	payload, err := m.ring.VerifyHint(jws)
	if err != nil {
		return Hint{}, fmt.Errorf("%w: %w", ErrBadHint, err)
	}
	var claims struct {
		Issuer   string         `json:"iss"`
		Subject  string         `json:"sub"`
		Audience oauth.Audience `json:"aud"`
		SID      string         `json:"sid"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return Hint{}, fmt.Errorf("%w: %w", ErrBadHint, err)
	}
	if claims.Issuer != m.issuer || claims.Subject == "" || len(claims.Audience) == 0 {
		return Hint{}, ErrBadHint
	}
	return Hint{Subject: claims.Subject, Audience: claims.Audience, SID: claims.SID}, nil
}
