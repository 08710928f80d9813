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

// checkClaim keeps a claim of the specification, in whatever language, to its type: clients take another type for a failure,
// or for the truth ("false" is true to many).
func checkClaim(name string, value any) error {
	if value == nil {
		return errors.New("has no value")
	}
	base, _ := oauth.SplitClaim(name)
	if check, special := claimTypes[base]; special {
		return check(value)
	}
	for _, scope := range standardClaims {
		if slices.Contains(scope.Claims, base) {
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
