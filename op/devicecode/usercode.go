package devicecode

import (
	"crypto/rand"
	"strings"
	"unicode"
)

// letters are those of a user code: no vowels, so that no words come about, and no digits (RFC 8628 section 6.1).
const letters = "BCDFGHJKLMNPQRSTVWXZ"

// A user code is two groups of letters with a dash between them: one of 20^8 codes.
const (
	codeLetters = 8
	groupOf     = 4
)

// maxTyped bounds what is looked at of what a person typed, in bytes.
const maxTyped = 64

// newUserCode makes a code that nobody can foresee. crypto/rand ends the process when the system has no randomness.
func newUserCode() string {
	// The largest multiple of the number of letters that a byte holds: beyond it some letters would be likelier.
	const fair = 256 / len(letters) * len(letters)
	code := make([]byte, 0, codeLetters)
	for len(code) < codeLetters {
		var random [2 * codeLetters]byte
		rand.Read(random[:])
		for _, b := range random {
			if int(b) < fair && len(code) < codeLetters {
				code = append(code, letters[int(b)%len(letters)])
			}
		}
	}
	return grouped(string(code))
}

func grouped(code string) string { return code[:groupOf] + "-" + code[groupOf:] }

// ParseUserCode reads a code as people type it: without regard to case, dashes and blanks (RFC 8628 section 6.1). It
// gives the one spelling there is of it, and false for what no code can be.
func ParseUserCode(typed string) (code string, ok bool) {
	if len(typed) > maxTyped {
		return "", false
	}
	kept := make([]byte, 0, codeLetters)
	for _, c := range typed {
		switch {
		case unicode.IsSpace(c) || unicode.Is(unicode.Pd, c):
			continue
		case c >= 'a' && c <= 'z':
			c -= 'a' - 'A'
		}
		if c > unicode.MaxASCII || !strings.ContainsRune(letters, c) || len(kept) == codeLetters {
			return "", false
		}
		kept = append(kept, byte(c))
	}
	if len(kept) != codeLetters {
		return "", false
	}
	return grouped(string(kept)), true
}
