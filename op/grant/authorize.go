package grant

import (
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

// Yield is what an authorization request wants issued by the authorization endpoint itself. The zero value is
// nothing.
type Yield struct {
	// Code is what the code is bound to, nil for no code.
	Code *CodeRequest
	// AccessToken wants an access token, beside the code or instead of it (OIDC Core sections 3.2 and 3.3).
	AccessToken bool
	// Until has the grant stored for a device that fetches its tokens by then (RFC 8628 section 3.4); the zero time
	// is for none.
	Until time.Time
}

// Authorized is what was made for an authorization request. It is worth nothing until Changes are committed.
type Authorized struct {
	// Grant is what code and token hang from, as it will be stored.
	Grant *Grant
	// Code is the authorization code, "" for none.
	Code string
	// AccessToken is the access token, "" for none; Scopes are its scopes and ExpiresIn its life.
	AccessToken string
	Scopes      oauth.Scopes
	ExpiresIn   time.Duration
	// Changes store all of it; none when nothing hangs from the grant, which then is not stored either.
	Changes []store.Change
}

// Authorize makes a grant by a person to a client and what the authorization endpoint issues for it: a code
// (RFC 6749 section 4.1.2), an access token, both or neither. Nothing is stored: the caller commits the changes
// together with whatever else answers the request. The grant's ID and times are set here. Client and person are
// those of the grant; only an access token needs them. It fails with
// oauth.InvalidTarget when no resource of the grant is left for a token, or when there is no key to sign it.
func (g *Grants) Authorize(grant Grant, c *client.Client, u *user.User, want Yield) (*Authorized, error) {
	now := g.now()
	grant.ID, grant.CreatedAt, grant.RevokedAt = keys.NewID(), now, time.Time{}
	grant.ExpiresAt = now.Add(g.Life.Code + g.Life.AccessToken)
	if !want.Until.IsZero() {
		grant.ExpiresAt = want.Until.Add(g.Life.AccessToken)
	}
	if grant.Refresh {
		grant.ExpiresAt = now.Add(g.Life.Grant)
	}
	made := &Authorized{Grant: &grant}
	if want.Code == nil && !want.AccessToken && want.Until.IsZero() {
		return made, nil
	}
	made.Changes = append(made.Changes, store.Creating(grant.record()))
	if want.Code != nil {
		made.Code = keys.NewToken(keys.PrefixCode)
		made.Changes = append(made.Changes, store.Creating(g.codeRecord(&grant, made.Code, want.Code)))
	}
	if want.AccessToken {
		if err := g.authorizeToken(made, &standing{grant: &grant, client: c, user: u}); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// authorizeToken makes the access token as the token endpoint does when it is asked for nothing less than was
// granted.
func (g *Grants) authorizeToken(made *Authorized, s *standing) error {
	scopes, audience, err := g.narrow(s, Narrowing{})
	if err != nil {
		return err
	}
	access := g.newAccessToken(s.grant, scopes, audience, g.opaqueFor(audience))
	made.Scopes, made.ExpiresIn = scopes, access.ExpiresAt.Sub(access.IssuedAt)
	made.AccessToken, err = g.write(s, access, &made.Changes)
	return err
}
