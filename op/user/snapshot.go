package user

import (
	"fmt"
	"slices"
)

// snapshot is all users at one moment; it is never written to after it was made.
type snapshot struct {
	byAccount map[string]*User
	// hashes are those of all accounts, sorted, so that hashes of one cost stand together.
	hashes []string
}

// build checks and joins the configured users and those of the file.
func (d *Directory) build(fromFile []*User) (*snapshot, []error) {
	s := &snapshot{byAccount: make(map[string]*User, len(d.configured)+len(fromFile))}
	var faults []error
	subs := map[string]string{}
	for _, u := range slices.Concat(d.configured, fromFile) {
		fault := func(err error) { faults = append(faults, fmt.Errorf("user %s: %w", u.Name, err)) }
		for _, err := range u.Check() {
			fault(err)
		}
		if err := d.checkHash(u.PasswordHash); err != nil {
			fault(err)
		}
		own := *u
		own.takeElsewhere()
		var err error
		if own.Account, err = Canonical(u.Name); err != nil {
			continue // reported by Check
		}
		if other, taken := s.byAccount[own.Account]; taken {
			fault(fmt.Errorf("name: is the same account as %s", other.Name))
		}
		s.byAccount[own.Account] = &own
		if u.Sub != "" {
			if other, taken := subs[u.Sub]; taken {
				fault(fmt.Errorf("sub: is that of %s", other))
			}
			if d.reserved(u.Sub) {
				fault(errReservedSub)
			}
			subs[u.Sub] = u.Name
		}
		if u.PasswordHash != "" {
			s.hashes = append(s.hashes, u.PasswordHash)
		}
	}
	slices.Sort(s.hashes)
	return s, faults
}

func (d *Directory) checkHash(hash string) error {
	if checker, ok := d.hasher.(HashChecker); ok && hash != "" {
		if err := checker.CheckHash([]byte(hash)); err != nil {
			return fmt.Errorf("password: is not a hash this provider knows: %w", err)
		}
	}
	return nil
}
