package guard

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// signIn says how a person must have signed in (RFC 9470). The zero value is content with anything.
type signIn struct {
	acr    []string      // one of these, the preferred first; nil for any
	maxAge time.Duration // since when at most; 0 for any
}

func (g *Guard) signIn() signIn { return signIn{g.ACRValues, time.Duration(g.MaxAge)} }

func (q Requirement) signIn() signIn { return signIn{q.ACRValues, time.Duration(q.MaxAge)} }

// and asks for what both ask for. The acr must be in both lists; the order is that of the other.
func (s signIn) and(other signIn) signIn {
	if s.maxAge == 0 || other.maxAge != 0 && other.maxAge < s.maxAge {
		s.maxAge = other.maxAge
	}
	switch {
	case s.acr == nil:
		s.acr = other.acr
	case other.acr != nil:
		s.acr = slices.DeleteFunc(slices.Clone(other.acr), func(acr string) bool { return !slices.Contains(s.acr, acr) })
	}
	return s
}

// meets reports whether the person behind a token signed in so. Nobody did behind a token of a client that acts
// for itself.
func (s signIn) meets(t *op.Token, now func() time.Time) bool {
	if s.acr != nil && (t.ACR == "" || !slices.Contains(s.acr, t.ACR)) {
		return false
	}
	if s.maxAge == 0 {
		return true
	}
	return !t.AuthTime.IsZero() && now().Sub(t.AuthTime) <= s.maxAge
}

// metBy is meets for whoever is signed in with a browser: their sign-in has all the names of its acr.
func (s signIn) metBy(t *op.Token, now func() time.Time) bool {
	if s.acr != nil {
		if _, met := op.MeetACR(t.ACR, s.acr); !met {
			return false
		}
	}
	s.acr = nil
	return s.meets(t, now)
}

// wish is what a sign-in has to be that leads to a path of the site.
func (s signIn) wish(path string) op.SiteWish {
	return op.SiteWish{Path: path, MaxAge: s.maxAge, ACR: s.acr}
}

// tell adds to a challenge what is asked for, in the parameters of the authorization request (RFC 9470
// sections 3 and 4).
func (s signIn) tell(says challenge) challenge {
	says = says.with("acr_values", strings.Join(s.acr, " "))
	if s.maxAge > 0 {
		says = says.with("max_age", strconv.FormatInt(int64(s.maxAge/time.Second), 10))
	}
	return says
}

// checkSignIn returns every fault of what is asked for in one place. Which sign-ins there are is known when all people
// sign in here only.
func checkSignIn(acr []string, maxAge caddy.Duration, onlyHere bool) (faults []error) {
	for i, value := range acr {
		switch {
		case !oauth.ValidScope(value): // lists of them are separated by blanks, as lists of scopes are
			faults = append(faults, fmt.Errorf("acr: %q has a character that is not allowed", value))
		case slices.Contains(acr[:i], value):
			faults = append(faults, fmt.Errorf("acr: %s is named twice", value))
		}
	}
	if onlyHere && len(acr) > 0 && !slices.ContainsFunc(acr, op.CanSignIn) {
		faults = append(faults, fmt.Errorf("acr: no sign-in here is %s; there are: %s", strings.Join(acr, " or "), strings.Join(op.ACRValues(), ", ")))
	}
	if age := time.Duration(maxAge); age < 0 || age%time.Second != 0 {
		faults = append(faults, errors.New("max_age: must be whole seconds, and at least one"))
	}
	return faults
}

// checkTogether reports requests of which several lines ask for a sign-in, and no value of acr is enough for all
// of them: nobody could ever make them.
func (g *Guard) checkTogether() (faults []error) {
	newRules(g.Require, func(applying []Requirement) *route {
		all := g.signIn()
		for _, q := range applying {
			asked := len(all.acr) > 0
			if all = all.and(q.signIn()); !asked || len(all.acr) > 0 {
				continue
			}
			fault := fmt.Errorf("require %s: acr: no value stands in all lists for these requests; name in each whatever is good enough", q)
			if !slices.ContainsFunc(faults, func(known error) bool { return known.Error() == fault.Error() }) {
				faults = append(faults, fault)
			}
			break
		}
		return new(route)
	})
	return faults
}
