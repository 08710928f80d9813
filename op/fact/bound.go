package fact

import (
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// bind reads what the token is bound to (RFC 7800 section 3.1). The guard has it proved; what it does not know is
// remembered as well, since a token that is bound must never pass as one that is not.
func (s Said) bind(t *grant.Token) error {
	value, there := s["cnf"]
	if !there {
		return nil
	}
	members, ok := value.(map[string]any)
	if !ok {
		return malformed("cnf")
	}
	if t.Confirmation = oauth.ReadConfirmation(members); t.Confirmation.JKT != "" {
		t.TokenType = grant.DPoP
	}
	return nil
}
