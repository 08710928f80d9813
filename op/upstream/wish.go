package upstream

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
)

// DefaultLife is how long a token lives if the operator does not say.
const DefaultLife = time.Minute

// MaxLife bounds it: what was revoked meanwhile is not known to whoever has only the token. Signing keys are
// published at least as long after their last use.
const MaxLife = 10 * time.Minute

// minLife leaves what is left of half of it to clocks that differ.
const minLife = 10 * time.Second

// The names of what is known of a person beside their claims.
const (
	claimUsername = "username"
	claimAccount  = "account"
)

// Wish says what a guard wants its upstream told.
type Wish struct {
	// Audience is the upstream, an absolute URI (RFC 7519 section 4.1.3).
	Audience string
	// Life is how long a token lives, between 10 s and MaxLife.
	Life time.Duration
	// Claims are the names of the person's claims that it holds beside those of the protocol: username, account, or
	// any that the person may have.
	Claims []string
}

// Check lists what is wrong with a Wish, each with the word it is about.
func (w Wish) Check() (faults []error) {
	fault := func(word, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: %w", word, fmt.Errorf(format, args...)))
	}
	if _, err := oauth.NormalizeResource(w.Audience); err != nil {
		fault("audience", "%w", err)
	}
	if w.Life < minLife || w.Life > MaxLife {
		fault("lifetime", "%s is not between %s and %s", w.Life, minLife, MaxLife)
	}
	for i, name := range w.Claims {
		switch {
		case name == "":
			faults = append(faults, errors.New("claims: a name is empty"))
		case !Tells(name):
			fault("claims", "%s belongs to the protocol; what is known of it is in every token", name)
		case slices.Contains(w.Claims[:i], name):
			fault("claims", "%s is named twice", name)
		}
	}
	return faults
}

// Tells reports whether a token can hold a claim of a person by that name.
func Tells(name string) bool {
	return name == claimUsername || !resource.TokenMember(name) && !strings.EqualFold(name, subjectID)
}
