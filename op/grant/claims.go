package grant

import (
	"encoding/json"

	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

// ClaimsNamed are the claims of these names that the token's person has, as they are configured now. What
// belongs to the protocol is never among them, nor is what has no value.
func (t *Token) ClaimsNamed(names []string) map[string]any { return named(t.Claims, names) }

// releasedTo are the person's claims that go into a JWT for this audience; none when the client acts for
// itself.
func (g *Grants) releasedTo(audience []string, u *user.User) map[string]any {
	names := g.Resources.ClaimsFor(audience)
	if u == nil {
		return nil
	}
	return named(u.AllClaims(), names)
}

func named(claims map[string]any, names []string) map[string]any {
	if len(names) == 0 {
		return nil
	}
	found := make(map[string]any, len(names))
	for _, name := range names {
		if value, has := claims[name]; has && !resource.TokenMember(name) && !empty(value) {
			found[name] = value
		}
	}
	return found
}

// empty is what is left out as a claim without a value (OIDC Core section 5.3.2).
func empty(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	case map[string]any:
		return len(value) == 0
	}
	return false
}

// payload is what is signed as a JWT access token: its own claims, and those of the person beside them.
type payload struct {
	claims
	person map[string]any
}

// MarshalJSON puts both into one object. No member stands there twice, since named keeps to other names.
func (p payload) MarshalJSON() ([]byte, error) {
	own, err := json.Marshal(p.claims)
	if err != nil || len(p.person) == 0 {
		return own, err
	}
	more, err := json.Marshal(p.person)
	if err != nil {
		return nil, err
	}
	return append(append(own[:len(own)-1], ','), more[1:]...), nil
}
