package user

import (
	"maps"

	"github.com/seed-5b16f944/gatehouse/op/resource"
)

// The members of a person's claims that name claims of others (OIDC Core section 5.6.2).
const (
	memberClaimNames   = "_claim_names"
	memberClaimSources = "_claim_sources"
)

// ClaimTypes are the kinds of claims that userinfo gives out (OIDC Core section 5.6).
var ClaimTypes = []string{"normal", "aggregated", "distributed"}

// Source is where claims come from that somebody else vouches for: a JWT that is passed on as it is (aggregated
// claims), or an endpoint to ask (distributed claims). It is never fetched and never verified here: that is for
// the client. AccessToken opens the endpoint, so no Source is ever logged.
type Source struct {
	// Name tells the sources of one person apart.
	Name string
	// JWT holds the claims.
	JWT string
	// Endpoint gives them out, to whoever has AccessToken if that is not empty.
	Endpoint, AccessToken string
}

// String hides what the source holds.
func (s Source) String() string { return "claims source " + s.Name }

// GoString hides what the source holds.
func (s Source) GoString() string { return s.String() }

// ClaimsElsewhere are _claim_names and _claim_sources for those of the selected claims that others vouch for, with
// the sources of these and no other; nil when there are none (OIDC Core section 5.6.2).
func ClaimsElsewhere(u *User, s Selection, custom []resource.Scope) map[string]any {
	from, sources := map[string]any{}, map[string]any{}
	for _, name := range append(ReleasedBy(s.Scopes, custom), s.Names...) {
		source, elsewhere := u.Elsewhere[name]
		if !elsewhere {
			continue
		}
		from[name] = source.Name
		sources[source.Name] = source.members()
	}
	if len(from) == 0 {
		return nil
	}
	return map[string]any{memberClaimNames: from, memberClaimSources: sources}
}

func (s Source) members() map[string]any {
	switch {
	case s.JWT != "":
		return map[string]any{"JWT": s.JWT}
	case s.AccessToken != "":
		return map[string]any{"endpoint": s.Endpoint, "access_token": s.AccessToken}
	}
	return map[string]any{"endpoint": s.Endpoint}
}

// takeElsewhere moves _claim_names and _claim_sources out of the claims, so that nothing that hands out claims by
// their names can hand out all sources.
func (u *User) takeElsewhere() {
	sources, _ := readElsewhere(u.Claims) // faults are found by Check
	u.Elsewhere = sources
	if len(sources) > 0 {
		u.Claims = maps.Clone(u.Claims)
		delete(u.Claims, memberClaimNames)
		delete(u.Claims, memberClaimSources)
	}
}
