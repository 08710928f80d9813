package guard

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Requirement is what requests to some of a guard's paths need beside what all of them need.
type Requirement struct {
	// The method of the requests; HEAD counts as GET. Default: every method. A request whose method is none
	// of RFC 9110's common ones, and that no requirement names, needs what all methods together need; so does
	// one with a header that speaks of another method (X-HTTP-Method-Override and its like).
	Method string `json:"method,omitempty"`

	// The path: exact, or ending in `/*` for a path and all below it. It is compared with the decoded path
	// as it is after rewrites, without regard to the case of letters and to a slash at the end, or to dots and blanks
	// at the end of a segment.
	Path string `json:"path"`

	// The scopes needed, all of them.
	Scopes []string `json:"scopes,omitempty"`

	// How the person must have signed in: one of these authentication context classes, the preferred first.
	// Where the guard asks for some too, it must be one that stands in both lists.
	ACRValues []string `json:"acr_values,omitempty"`

	// How long ago the person may have signed in at most.
	MaxAge caddy.Duration `json:"max_age,omitempty"`
}

// String is the requirement as its faults name it.
func (q Requirement) String() string {
	return strings.Join(append(strings.Fields(q.Method), q.Path), " ")
}

// checkRequirements returns every fault of the requirements, each with the one it is in.
func (g *Guard) checkRequirements() (faults []error) {
	for i, q := range g.Require {
		fault := func(err error) { faults = append(faults, fmt.Errorf("require %s: %w", q, err)) }
		if err := checkRuleMethod(q.Method); err != nil {
			fault(err)
		}
		if err := checkPath(q.Path); err != nil {
			fault(err)
			continue
		}
		for _, err := range checkScopes(q.Scopes) {
			fault(err)
		}
		for _, err := range checkSignIn(q.ACRValues, q.MaxAge, g.onlyHere()) {
			fault(err)
		}
		if len(q.Scopes) == 0 && len(q.ACRValues) == 0 && q.MaxAge == 0 {
			fault(errors.New("asks for nothing"))
		}
		at := newPathPattern(q.Path)
		if slices.ContainsFunc(g.Require[:i], func(earlier Requirement) bool {
			return earlier.Method == q.Method && newPathPattern(earlier.Path) == at
		}) {
			fault(errors.New("stands twice"))
		}
		for _, public := range g.Public {
			if newPathPattern(public).contains(at) {
				fault(fmt.Errorf("is never asked for: public %s needs no token", public))
			}
		}
	}
	return faults
}

// checkRuleMethod wants a method as it can reach a guard.
func checkRuleMethod(method string) error {
	switch {
	case method == "":
		return nil
	case !isTokenText(method) || strings.ToUpper(method) != method:
		return fmt.Errorf("%q is not a method: they are written in capitals", method)
	case method == "HEAD":
		return errors.New("write GET, which HEAD counts as")
	case method == "CONNECT":
		return errors.New("CONNECT never passes; a WebSocket counts as GET")
	}
	return nil
}

// everyScope are all scopes that some request needs.
func (g *Guard) everyScope() oauth.Scopes {
	all := oauth.Scopes(g.Scopes)
	for _, q := range g.Require {
		all = all.Union(q.Scopes)
	}
	return all
}
