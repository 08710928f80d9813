package user

import (
	"maps"
	"slices"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
)

// Selection says which claims of a person somebody is told. The zero value is none.
type Selection struct {
	// Scopes release those of OIDC Core section 5.4 and those that the operator's own scopes add.
	Scopes oauth.Scopes
	// Names are claims that were asked for one by one (OIDC Core section 5.5), some with a language tag.
	Names []string
	// Locales are the languages wanted, the preferred first (claims_locales).
	Locales []string
}

// ClaimsFor are the user's claims that are selected; custom are the operator's own scopes. One without a
// value is left out (OIDC Core section 5.3.2); preferred_username is the user's name when nothing else is
// configured. sub is not among them, nor is any other claim of the protocol.
func ClaimsFor(u *User, s Selection, custom []resource.Scope) map[string]any {
	told := map[string]any{}
	for _, name := range ReleasedBy(s.Scopes, custom) {
		u.tell(told, name, s.Locales)
	}
	for _, name := range s.Names {
		claim, tag := oauth.SplitClaim(name)
		switch {
		case resource.ProtocolClaim(claim):
		case tag == "":
			u.tell(told, claim, s.Locales)
		default:
			if value, has := u.tagged(claim, tag); has {
				told[name] = value
			}
		}
	}
	return told
}

// ReleasedBy are the names of the claims that scopes release, each once.
func ReleasedBy(scopes oauth.Scopes, custom []resource.Scope) []string {
	var names []string
	for _, table := range [][]resource.Scope{standardClaims, custom} {
		for _, scope := range table {
			if !scopes.Has(scope.Name) {
				continue
			}
			for _, name := range scope.Claims {
				if !resource.ProtocolClaim(name) && !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// tell adds one claim. In one language it is told under its own name, in several it is told once more for
// each of them that there is (OIDC Core section 5.2).
func (u *User) tell(told map[string]any, name string, locales []string) {
	if value, has := u.claim(name); has {
		told[name] = value
	}
	if len(locales) == 0 {
		return
	}
	tags := u.languages(name)
	for _, wanted := range locales {
		tag, found := oauth.LookupLocale(wanted, tags)
		if !found {
			continue
		}
		value, has := u.tagged(name, tag)
		switch {
		case !has:
		case len(locales) == 1:
			told[name] = value
		default:
			told[name+"#"+tag] = value
		}
	}
}

// languages are the tags under which the user has a claim, sorted.
func (u *User) languages(name string) []string {
	var tags []string
	for key := range u.Claims {
		if claim, tag := oauth.SplitClaim(key); claim == name && tag != "" {
			tags = append(tags, tag)
		}
	}
	slices.Sort(tags)
	return tags
}

// tagged is a claim in exactly this language; the case of a tag does not matter (OIDC Core section 5.2).
func (u *User) tagged(name, wanted string) (any, bool) {
	for _, tag := range u.languages(name) {
		if strings.EqualFold(tag, wanted) {
			return u.claim(name + "#" + tag)
		}
	}
	return nil, false
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

// ClaimsLocales are the languages in which any of the users has a claim, sorted (claims_locales_supported,
// OIDC Discovery section 3).
func ClaimsLocales(users []*User) []string {
	var tags []string
	for _, u := range users {
		for key := range u.Claims {
			if _, tag := oauth.SplitClaim(key); tag != "" && !slices.Contains(tags, tag) {
				tags = append(tags, tag)
			}
		}
	}
	slices.Sort(tags)
	return tags
}
