package dpop

import (
	"errors"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// errClaims is a proof whose payload is not what RFC 9449 section 4.2 wants.
var errClaims = errors.New("proof has malformed claims, or lacks one")

// claims are those of a proof (RFC 9449 section 4.2). ath and nonce are "" when they are not there.
type claims struct {
	id, method, target, ath, nonce string
	issued                         time.Time
}

// readClaims reads a payload strictly: a claim of a wrong type is a fault and not a claim that is missing.
func readClaims(payload []byte) (claims, error) {
	members, err := oauth.ReadObject(payload)
	if err != nil {
		return claims{}, errClaims
	}
	var c claims
	for name, into := range map[string]*string{
		"jti": &c.id, "htm": &c.method, "htu": &c.target, "ath": &c.ath, "nonce": &c.nonce,
	} {
		value, there := members[name]
		text, isText := value.(string)
		if there && (!isText || text == "") {
			return claims{}, errClaims
		}
		*into = text
	}
	issued, ok := oauth.NumericDate(members["iat"])
	if !ok || c.id == "" || c.method == "" || c.target == "" {
		return claims{}, errClaims
	}
	c.issued = issued
	return c, nil
}
