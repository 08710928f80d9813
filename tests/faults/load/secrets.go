package load

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// secrets are what no log may hold, each by its last part: the signature of a JWT, the secret half of a cookie.
type secrets map[string]struct{}

// keep adds what was handed out.
func (s secrets) keep(handed ...string) {
	for _, secret := range handed {
		if last := secret[strings.LastIndexByte(secret, '.')+1:]; last != "" {
			s[last] = struct{}{}
		}
	}
}

var (
	// word is what a secret can be made of.
	word = regexp.MustCompile(`[A-Za-z0-9_-]{32,}`)
	// bearer is what opaque secrets look like, whoever has them.
	bearer = regexp.MustCompile(`\bg(at|rt|ac|dc|rr|sc)_[A-Za-z0-9_-]{20}`)
	// passwords are those of people, clients and the database.
	passwords = []string{harness.Password, harness.WebSecret, harness.ServiceSecret, postgrestest.Password}
)

// in says which secrets a log holds, without showing them.
func (s secrets) in(log string) (found []string) {
	for _, password := range passwords {
		if strings.Contains(log, password) {
			found = append(found, "a password")
		}
	}
	if at := bearer.FindStringIndex(log); at != nil {
		found = append(found, fmt.Sprintf("what begins with %s", log[at[0]:at[0]+4]))
	}
	for _, at := range word.FindAllStringIndex(log, -1) {
		if _, known := s[log[at[0]:at[1]]]; known {
			found = append(found, fmt.Sprintf("a secret of %d characters, after %q", at[1]-at[0], log[max(0, at[0]-40):at[0]]))
		}
	}
	return found
}
