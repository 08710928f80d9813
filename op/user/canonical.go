package user

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
)

// maxNameBytes bounds a name before it is looked at, so that no spelling is worth a long computation.
const maxNameBytes = 256

// maxRounds is how often a name is folded until it no longer changes; two suffice for what is known.
const maxRounds = 4

// Canonical is the one form of an account name: blanks around it dropped, compatibility forms and case
// folded (NFKC), then the rules of PRECIS UsernameCaseMapped (RFC 8265 section 3.3), until nothing
// changes any more. The error says that no account can have this name.
func Canonical(name string) (string, error) {
	if len(name) > maxNameBytes {
		return "", fmt.Errorf("name: is longer than %d bytes", maxNameBytes)
	}
	if !utf8.ValidString(name) {
		return "", errors.New("name: is not UTF-8")
	}
	for range maxRounds {
		folded, err := fold(name)
		if err != nil {
			return "", err
		}
		if len(folded) > maxNameBytes {
			return "", fmt.Errorf("name: is longer than %d bytes", maxNameBytes)
		}
		if folded == name {
			return folded, nil
		}
		name = folded
	}
	return "", errors.New("name: has no stable form")
}

func fold(name string) (string, error) {
	// A Caser has state and cannot be shared between goroutines.
	name = norm.NFKC.String(cases.Fold().String(norm.NFKC.String(strings.TrimSpace(name))))
	folded, err := precis.UsernameCaseMapped.String(name)
	if err != nil || folded == "" {
		return "", errors.New("name: is empty or has a character that names cannot have")
	}
	return folded, nil
}
