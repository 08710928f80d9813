package user

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
)

// standardClaims are released by the scopes of OIDC Core section 5.4.
var standardClaims = []resource.Scope{
	{Name: oauth.ScopeProfile, Claims: []string{
		"name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture",
		"website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
	}},
	{Name: oauth.ScopeEmail, Claims: []string{"email", "email_verified"}},
	{Name: oauth.ScopeAddress, Claims: []string{"address"}},
	{Name: oauth.ScopePhone, Claims: []string{"phone_number", "phone_number_verified"}},
}

// addressMembers are those of OIDC Core section 5.1.1, all strings.
var addressMembers = []string{"formatted", "street_address", "locality", "region", "postal_code", "country"}

// claimTypes are those of OIDC Core section 5.1; every claim of the table that is not here is a string.
var claimTypes = map[string]func(any) error{
	"email_verified":        mustBool,
	"phone_number_verified": mustBool,
	"updated_at":            mustNumber,
	"address":               mustAddress,
}

// StandardClaims are the names of the claims that ClaimsFor can release without a custom scope, in the
// order of OIDC Core section 5.4.
func StandardClaims() []string {
	var names []string
	for _, scope := range standardClaims {
		names = append(names, scope.Claims...)
	}
	return names
}

// ClaimNames are the claims that the scopes release (OIDC Core section 5.4), with those that the operator's own
// scopes add, whether or not anybody has them. sub is not among them.
func ClaimNames(scopes oauth.Scopes, custom []resource.Scope) []string {
	var names []string
	for _, table := range [][]resource.Scope{standardClaims, custom} {
		for _, scope := range table {
			if scopes.Has(scope.Name) {
				names = append(names, scope.Claims...)
			}
		}
	}
	return slices.DeleteFunc(names, resource.ProtocolClaim)
}

// ClaimsFor are the user's claims that the scopes release. One without a value is left out (OIDC Core section
// 5.3.2); preferred_username is the user's name when nothing else is configured.
func ClaimsFor(u *User, scopes oauth.Scopes, custom []resource.Scope) map[string]any {
	released := map[string]any{}
	for _, name := range ClaimNames(scopes, custom) {
		if value, has := u.claim(name); has {
			released[name] = value
		}
	}
	return released
}

func (u *User) claim(name string) (any, bool) {
	switch value := u.Claims[name].(type) {
	case nil:
		return u.Name, name == "preferred_username"
	case string:
		return value, value != ""
	case map[string]any:
		return maps.Clone(value), len(value) > 0
	default:
		return value, true
	}
}

// checkClaim keeps a claim of the specification to its type: clients take another type for a failure,
// or for the truth ("false" is true to many).
func checkClaim(name string, value any) error {
	if value == nil {
		return errors.New("has no value")
	}
	if check, special := claimTypes[name]; special {
		return check(value)
	}
	for _, scope := range standardClaims {
		if slices.Contains(scope.Claims, name) {
			return mustString(value)
		}
	}
	return nil
}

func mustString(value any) error {
	if _, ok := value.(string); !ok {
		return errors.New("must be a string")
	}
	return nil
}

func mustBool(value any) error {
	if _, ok := value.(bool); !ok {
		return errors.New("must be true or false")
	}
	return nil
}

func mustNumber(value any) error {
	switch value.(type) {
	case int, int64, float64, json.Number:
		return nil
	}
	return errors.New("must be a number")
}

func mustAddress(value any) error {
	address, ok := value.(map[string]any)
	if !ok {
		return errors.New("must be an object")
	}
	members := maps.Clone(address)
	for _, name := range addressMembers {
		if member, has := members[name]; has && mustString(member) != nil {
			return errors.New(name + " must be a string")
		}
		delete(members, name)
	}
	if len(members) > 0 {
		return errors.New("has a member that OpenID Connect does not define")
	}
	return nil
}
