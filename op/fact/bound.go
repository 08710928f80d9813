package fact

import (
	"fmt"

	"github.com/seed-5b16f944/gatehouse/op/grant"
)

// dpop is the token_type of a token that is bound to a key (RFC 9449 section 5).
const dpop = "DPoP"

// errBound refuses a token that is bound to something whose proof nobody here can check.
var errBound = fmt.Errorf("%w: token is bound by a method that is not known", grant.ErrInactive)

// bind reads cnf (RFC 7800 section 3.1). A token that is bound must never pass as one that is not.
func (s Said) bind(t *grant.Token) error {
	value, there := s["cnf"]
	if !there {
		return nil
	}
	cnf, ok := value.(map[string]any)
	if !ok {
		return malformed("cnf")
	}
	if thumbprint, ok := cnf["jkt"].(string); !ok || thumbprint == "" || len(cnf) > 1 {
		return errBound
	}
	t.TokenType = dpop
	return nil
}
