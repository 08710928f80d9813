package fact

import (
	"errors"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// SaysNo reports whether an error of a source is a clear no: the token is not live. That nobody can tell outranks a no
// that was found on the way, and is none.
func SaysNo(err error) bool {
	return errors.Is(err, grant.ErrInactive) && !errors.Is(err, oauth.ErrUnavailable)
}
