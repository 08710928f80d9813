package grant

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// accessToken is what an access token itself says, wherever that was written: in its claims, or in the
// record of an opaque one.
type accessToken struct {
	ID        string       `json:"jti"`
	GrantID   string       `json:"grant_id"`
	ClientID  string       `json:"client_id"`
	Scopes    oauth.Scopes `json:"scopes,omitempty"`
	Audience  []string     `json:"aud"`
	IssuedAt  time.Time    `json:"iat"`
	ExpiresAt time.Time    `json:"exp"`
	// Confirmation is what it is bound to.
	Confirmation oauth.Confirmation `json:"cnf,omitzero"`

	opaque bool
}

// newAccessToken describes a token of the grant, to be signed or stored. Times are whole seconds, as a
// JWT has no finer ones, and no token outlives its grant.
func (g *Grants) newAccessToken(grant *Grant, scopes oauth.Scopes, audience []string, opaque bool) *accessToken {
	now := g.now().Truncate(time.Second)
	return &accessToken{
		ID: grant.ID + "." + keys.NewID(), GrantID: grant.ID, ClientID: grant.ClientID,
		Scopes: scopes, Audience: audience, opaque: opaque,
		IssuedAt: now, ExpiresAt: liveUntil(now.Add(g.Life.AccessToken), grant.ExpiresAt).Truncate(time.Second),
	}
}

// grantOf reads the grant's identifier out of a jti, "<grant id>.<serial>".
func grantOf(jti string) (string, bool) {
	dot := strings.LastIndexByte(jti, '.')
	if dot <= 0 || dot == len(jti)-1 {
		return "", false
	}
	return jti[:dot], true
}

// claims are the payload of a JWT access token (RFC 9068 section 2.2). What must be there is a
// pointer, so that an absent member is not taken for zero.
type claims struct {
	Issuer    string         `json:"iss"`
	Subject   string         `json:"sub"`
	Audience  oauth.Audience `json:"aud"`
	ExpiresAt *int64         `json:"exp"`
	IssuedAt  *int64         `json:"iat"`
	NotBefore *int64         `json:"nbf,omitempty"`
	ID        string         `json:"jti"`
	ClientID  string         `json:"client_id"`
	Scope     string         `json:"scope,omitempty"`
	AuthTime  int64          `json:"auth_time,omitempty"`
	ACR       string         `json:"acr,omitempty"`
	AMR       []string       `json:"amr,omitempty"`

	Confirmation oauth.Confirmation `json:"cnf,omitzero"`
}

// sign makes the JWT of an access token (RFC 9068). It holds how the person signed in, but of their
// claims only those that its resource is configured to get: a token travels further than an answer of
// userinfo.
func (g *Grants) sign(s *standing, a *accessToken) (string, error) {
	grant, expires, issued := s.grant, a.ExpiresAt.Unix(), a.IssuedAt.Unix()
	signed := claims{
		Issuer: g.Issuer, Subject: grant.Subject, Audience: a.Audience, ExpiresAt: &expires, IssuedAt: &issued,
		ID: a.ID, ClientID: a.ClientID, Scope: a.Scopes.String(), ACR: grant.ACR, AMR: grant.AMR,
		Confirmation: a.Confirmation,
	}
	if !grant.AuthTime.IsZero() {
		signed.AuthTime = grant.AuthTime.Unix()
	}
	return g.Ring.Sign(g.SigningAlg, keys.TypeAccessToken, payload{signed, g.releasedTo(a.Audience, s.user)})
}

// verify reads a JWT access token that has not expired. Every fault of it is ErrInactive: the signature was ours or it
// was not. Any other error means that nobody can tell.
func (g *Grants) verify(ctx context.Context, token string) (*accessToken, error) {
	access, err := g.signed(ctx, token)
	switch {
	case err != nil:
		return nil, err
	case !g.now().Before(access.ExpiresAt):
		return nil, errExpired
	}
	return access, nil
}

// signed reads a JWT access token of ours, whether it has expired or not. Its errors are those of verify.
func (g *Grants) signed(ctx context.Context, token string) (*accessToken, error) {
	payload, _, err := g.Ring.Verify(ctx, token, keys.TypeAccessToken)
	switch {
	case errors.Is(err, keys.ErrNotVerified):
		return nil, errUnknownToken
	case err != nil:
		return nil, err
	}
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil {
		return nil, errMalformedClaim
	}
	return g.check(c)
}

// check holds the claims against RFC 9068 section 4. A time that is absent, not a whole number or
// beyond what a number can hold is malformed, never "no limit".
func (g *Grants) check(c claims) (*accessToken, error) {
	grantID, named := grantOf(c.ID)
	scopes, err := oauth.ParseScopes(c.Scope)
	switch {
	case err != nil || !named || c.ClientID == "" || c.Subject == "" || c.Issuer != g.Issuer || len(c.Audience) == 0:
		return nil, errMalformedClaim
	case c.ExpiresAt == nil || c.IssuedAt == nil || *c.IssuedAt <= 0 || *c.ExpiresAt > maxTime:
		return nil, errMalformedClaim
	case c.NotBefore != nil && *c.NotBefore > g.now().Unix():
		return nil, errMalformedClaim
	}
	return &accessToken{
		ID: c.ID, GrantID: grantID, ClientID: c.ClientID, Scopes: scopes, Audience: c.Audience,
		IssuedAt: time.Unix(*c.IssuedAt, 0).UTC(), ExpiresAt: time.Unix(*c.ExpiresAt, 0).UTC(),
		Confirmation: c.Confirmation,
	}, nil
}

// maxTime is the year 9999 in Unix seconds: what lies beyond overflows somewhere.
const maxTime = 253402300799

// opaque reads the record of an opaque access token.
func (g *Grants) opaque(ctx context.Context, key string, w *watch) (*accessToken, error) {
	w.on(g.Memory.generations, store.AccessTokens, key)
	record, err := g.Store.Get(ctx, store.AccessTokens, key)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errUnknownToken
	}
	if err != nil {
		return nil, err
	}
	a := &accessToken{opaque: true}
	if err := record.Decode(a); err != nil {
		return nil, err
	}
	if !g.now().Before(a.ExpiresAt) {
		return nil, errExpired
	}
	return a, nil
}

// checkDenied refuses a JWT whose jti was revoked.
func (g *Grants) checkDenied(ctx context.Context, jti string, w *watch) error {
	w.on(g.Memory.generations, store.DeniedTokens, jti)
	_, err := g.Store.Get(ctx, store.DeniedTokens, jti)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	return errDenied
}
