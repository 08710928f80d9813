package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// assertionType is the one client_assertion_type (RFC 7523 section 2.2).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// Why an assertion was refused, for the log alone.
var (
	errAssertionType = errors.New("client_assertion_type is not supported, or there is no assertion")
	errAssertion     = errors.New("assertion is not a JWT that names its client")
	errAssertionAlg  = errors.New("assertion has an algorithm that is not the client's")
	errRestored      = errors.New("assertion could have been used before the store was restored")
	errReplayed      = errors.New("assertion was used before")
	errNoAssertions  = errors.New("assertions are not accepted here")
)

// Assertions judges the JWTs by which clients prove themselves (RFC 7523, OIDC Core section 9). Each counts once,
// whatever is restarted or reloaded in between.
type Assertions struct {
	keys     *KeySets
	store    store.Store
	audience Audience
	now      func() time.Time
	// restored is when the store was first opened as a copy of another; zero if it is none.
	restored time.Time
}

// NewAssertions makes the Assertions of one configuration, which are meant for its audience. restored is when the
// store was first opened as a copy of another, zero if it is none: an assertion that could have been used there
// is refused.
func NewAssertions(s store.Store, k *KeySets, now func() time.Time, audience Audience, restored time.Time) *Assertions {
	return &Assertions{keys: k, store: s, audience: audience, now: now, restored: restored}
}

// readAssertion finds which client an assertion says it is from, and by which method. Nothing is proven yet.
func readAssertion(p oauth.Params) (credentials, error) {
	var shown credentials
	if p.Get("client_assertion_type") != assertionType {
		return shown, shown.refuse(errAssertionType)
	}
	alg, payload, err := keys.Peek(p.Get("client_assertion"))
	if err != nil {
		return shown, shown.refuse(errAssertion)
	}
	claims, err := readClaims(payload)
	switch {
	case err != nil || claims.issuer == "" || claims.issuer != claims.subject:
		return shown, shown.refuse(errAssertion)
	case p.Has("client_id") && p.Get("client_id") != claims.issuer:
		return shown, shown.refuse(errOtherClient)
	case slices.Contains(keys.HMACAlgs, alg):
		shown.method = oauth.AuthClientSecretJWT
	case slices.Contains(keys.SigningAlgs, alg):
		shown.method = oauth.AuthPrivateKeyJWT
	default:
		return shown, shown.refuse(errAssertionAlg)
	}
	shown.id, shown.assertion = claims.issuer, p.Get("client_assertion")
	return shown, nil
}

// assertionAlgs are the algorithms that a client's assertions may have by one method (OIDC Dynamic Client
// Registration section 2, token_endpoint_auth_signing_alg).
func (c *Client) assertionAlgs(method string) []string {
	all := keys.SigningAlgs
	if method == oauth.AuthClientSecretJWT {
		all = keys.HMACAlgs
	}
	switch {
	case c.AuthSigningAlg == "":
		return all
	case slices.Contains(all, c.AuthSigningAlg):
		return []string{c.AuthSigningAlg}
	}
	return nil
}

// prove accepts an assertion of c and spends it. The error is private, and wraps oauth.ErrUnavailable when
// nobody can tell.
func (a *Assertions) prove(ctx context.Context, c *Client, shown credentials) error {
	jws, err := a.keys.Verify(ctx, c, shown.assertion, c.assertionAlgs(shown.method))
	if err != nil {
		return err
	}
	claims, err := readClaims(jws.Payload)
	if err != nil {
		return err
	}
	if err := claims.check(jws.Type, c.ID, a.audience, a.now()); err != nil {
		return err
	}
	if claims.before(a.restored) {
		return errRestored
	}
	return a.spend(ctx, c, claims)
}

// spend records that the assertion was used, in a commit of its own before the client counts as authenticated:
// whatever is issued afterwards, its assertion is on record (RFC 7523 section 3, jti).
func (a *Assertions) spend(ctx context.Context, c *Client, claims claims) error {
	err := a.store.Commit(ctx, store.Creating(store.Record{
		Kind: store.UsedOnce, Key: usedKey(c.ID, claims.id), ClientID: c.ID, ExpiresAt: claims.expires.Add(maxSkew),
	}))
	if errors.Is(err, store.ErrExists) {
		return errReplayed
	}
	return err
}

// usedKey is of one length whatever the jti, and of one client alone: the length before the id keeps what one
// client names from being what another does.
func usedKey(clientID, jti string) string {
	return "assertion " + keys.Digest(fmt.Sprintf("%d %s%s", len(clientID), clientID, jti))
}
