package user

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
)

// maxSub bounds a subject identifier (OIDC Core section 2).
const maxSub = 255

var errReservedSub = errors.New("sub: is the id of a client")

// Check lists everything that is wrong with the user, each fault beginning with the name of its field.
func (u *User) Check() []error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }

	if _, err := Canonical(u.Name); err != nil {
		faults = append(faults, err)
	}
	if len(u.Sub) > maxSub || strings.ContainsFunc(u.Sub, func(r rune) bool { return r <= ' ' || r > unicode.MaxASCII || r == 0x7f }) {
		fault("sub: is longer than %d bytes or has a character outside visible ASCII", maxSub)
	}
	if strings.ContainsFunc(u.PasswordHash, unicode.IsSpace) {
		fault("password: has a blank, so it is no hash")
	}
	for _, name := range slices.Sorted(maps.Keys(u.Claims)) {
		switch claim, tag := oauth.SplitClaim(name); {
		case name == memberClaimNames || name == memberClaimSources: // judged together
		case claim == "":
			fault("claims: has one without a name")
		case claim != name && !oauth.ValidLocale(tag):
			fault("claims: %s does not end in a language tag", name)
		case resource.ProtocolClaim(claim):
			fault("claims: %s belongs to the protocol", name)
		default:
			if err := checkClaim(name, u.Claims[name]); err != nil {
				fault("claims: %s: %w", name, err)
			}
		}
	}
	_, elsewhere := readElsewhere(u.Claims)
	for _, err := range elsewhere {
		fault("claims: %w", err)
	}
	return faults
}
