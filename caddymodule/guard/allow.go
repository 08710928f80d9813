package guard

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/seed-5b16f944/gatehouse/op"
)

// Allow is one rule on who may pass, beside what the guard asks of tokens: exactly one of its kinds. Of several
// rules, one has to be met.
type Allow struct {
	// People of the provider, by their user names.
	Users []string `json:"users,omitempty"`

	// People who have one of the values in this claim: as the claim itself, or in its list. Numbers, `true` and
	// `false` are compared as they are written.
	Claim  string   `json:"claim,omitempty"`
	Values []string `json:"values,omitempty"`

	// Clients that act for themselves, by their ids. The tokens that people give them are judged by the other rules.
	Clients []string `json:"clients,omitempty"`
}

// allowed are the rules of a guard, ready to be asked. No rules allow everybody.
type allowed struct {
	any      bool
	accounts map[string]struct{}
	clients  map[string]struct{}
	claims   []claimRule
}

type claimRule struct {
	name   string
	values []string
}

// newAllowed takes rules that check has nothing against.
func newAllowed(rules []Allow) (allowed, error) {
	a := allowed{any: len(rules) == 0, accounts: map[string]struct{}{}, clients: map[string]struct{}{}}
	for _, rule := range rules {
		for _, name := range rule.Users {
			account, err := op.CanonicalAccount(name)
			if err != nil {
				return allowed{}, err
			}
			a.accounts[account] = struct{}{}
		}
		for _, id := range rule.Clients {
			a.clients[id] = struct{}{}
		}
		if rule.Claim != "" {
			a.claims = append(a.claims, claimRule{rule.Claim, rule.Values})
		}
	}
	return a, nil
}

// has reports whether whoever stands behind a live token, or is signed in, may pass.
func (a *allowed) has(t *op.Token) bool {
	if a.any {
		return true
	}
	if !t.SignedIn {
		_, ok := a.clients[t.ClientID]
		return ok
	}
	if _, ok := a.accounts[t.Account]; ok && t.Account != "" {
		return true
	}
	return slices.ContainsFunc(a.claims, func(rule claimRule) bool { return holds(t.Claims[rule.name], rule.values) })
}

// holds reports whether a claim is one of the values, or has one in its list.
func holds(claim any, values []string) bool {
	switch claim := claim.(type) {
	case string:
		return slices.Contains(values, claim)
	case []string:
		return slices.ContainsFunc(claim, func(one string) bool { return slices.Contains(values, one) })
	case []any:
		return slices.ContainsFunc(claim, func(one any) bool {
			_, list := one.([]any)
			return !list && holds(one, values)
		})
	case bool:
		return slices.Contains(values, strconv.FormatBool(claim))
	case json.Number:
		return slices.Contains(values, claim.String())
	case float64:
		return slices.Contains(values, strconv.FormatFloat(claim, 'f', -1, 64))
	case int:
		return slices.Contains(values, strconv.Itoa(claim))
	case int64:
		return slices.Contains(values, strconv.FormatInt(claim, 10))
	}
	return false
}

// checkAllow wants of each rule one kind, with something in it.
func checkAllow(rules []Allow) (faults []error) {
	for i, rule := range rules {
		fault := func(text string, args ...any) {
			faults = append(faults, fmt.Errorf("allow %d: %w", i+1, fmt.Errorf(text, args...)))
		}
		kinds := 0
		for _, given := range []bool{len(rule.Users) > 0, rule.Claim != "" || len(rule.Values) > 0, len(rule.Clients) > 0} {
			if given {
				kinds++
			}
		}
		switch {
		case kinds != 1:
			fault("a rule names users, clients or the values of a claim")
		case (rule.Claim == "") != (len(rule.Values) == 0):
			fault("a claim goes with the values that are allowed")
		case rule.Claim != "" && (!isClaimName(rule.Claim) || op.TokenMember(rule.Claim)):
			fault("%q is not the name of a claim of a person", rule.Claim)
		case slices.Contains(rule.Clients, ""):
			fault("a client id is empty")
		}
		for _, name := range rule.Users {
			if _, err := op.CanonicalAccount(name); err != nil {
				fault("%q is not the name of a user: %w", name, err)
			}
		}
	}
	return faults
}

// The kinds of rules in a Caddyfile.
const (
	allowUser   = "user"
	allowClaim  = "claim"
	allowClient = "client"
)

// parseAllow reads what follows the word allow.
func parseAllow(args []string) (Allow, error) {
	kind, values := args[0], args[1:]
	switch {
	case kind == allowUser && len(values) > 0:
		return Allow{Users: values}, nil
	case kind == allowClient && len(values) > 0:
		return Allow{Clients: values}, nil
	case kind == allowClaim && len(values) > 1:
		return Allow{Claim: values[0], Values: values[1:]}, nil
	}
	return Allow{}, errors.New("allow is followed by user <names...>, claim <name> <values...> or client <ids...>")
}
