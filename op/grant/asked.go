package grant

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

// maxIDTokenClaims bounds what an ID token tells of a person, in bytes of JSON, so that the whole is never
// longer than a token may be: found when it is made, that would be a code spent for nothing.
const maxIDTokenClaims = 4 << 10

// AskedClaims are the claims of an authorization that its client asked for one by one, with the person's
// consent (OIDC Core section 5.5).
type AskedClaims struct {
	// Userinfo and IDToken are names, as they were asked for, of what to tell at userinfo and in ID tokens.
	Userinfo []string `json:"userinfo,omitempty"`
	IDToken  []string `json:"id_token,omitempty"`
	// Locales are the languages wanted of all claims, the preferred first (claims_locales).
	Locales []string `json:"locales,omitempty"`
}

// IsZero reports whether nothing was asked for.
func (a AskedClaims) IsZero() bool { return len(a.Userinfo)+len(a.IDToken)+len(a.Locales) == 0 }

// Askable are those claims of the request that the client may ask for, under the names it used. A client cannot
// ask by name for what no scope of its own would release: which scopes it may have is the operator's word on
// what it may know. Claims of the protocol are not among them.
func (g *Grants) Askable(asked oauth.ClaimsRequest, c *client.Client) AskedClaims {
	return AskedClaims{Userinfo: g.stillOpen(asked.Userinfo.Names(), c), IDToken: g.stillOpen(asked.IDToken.Names(), c)}
}

// stillOpen are those of the named claims that a scope of the client's would release.
func (g *Grants) stillOpen(names []string, c *client.Client) []string {
	if len(names) == 0 {
		return nil
	}
	released := user.ReleasedBy(c.Scopes, g.Resources.Scopes())
	var open []string
	for _, name := range names {
		if claim, _ := oauth.SplitClaim(name); slices.Contains(released, claim) {
			open = append(open, name)
		}
	}
	return open
}

// IDTokenClaims are the person's claims for an ID token of the grant: those asked for it by name, and those of
// scopes, which are given only when no access token goes with the ID token that could get them at userinfo
// (OIDC Core section 5.4). Nothing is told when nobody signed in.
func (g *Grants) IDTokenClaims(of *Grant, c *client.Client, u *user.User, scopes oauth.Scopes) map[string]any {
	names := g.stillOpen(of.Claims.IDToken, c)
	if u == nil || len(names)+len(scopes) == 0 {
		return nil
	}
	return fitting(user.ClaimsFor(u, user.Selection{
		Scopes: scopes, Names: names, Locales: of.Claims.Locales,
	}, g.Resources.Scopes()), maxIDTokenClaims)
}

// fitting leaves out claims that there is no room for, which is no error (OIDC Core section 5.5.1).
func fitting(claims map[string]any, room int) map[string]any {
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		encoded, err := json.Marshal(map[string]any{name: claims[name]})
		if err != nil || len(encoded) > room {
			delete(claims, name)
			continue
		}
		room -= len(encoded)
	}
	return claims
}
