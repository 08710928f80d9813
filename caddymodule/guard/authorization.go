package guard

import (
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// readBearer takes the token out of the one Authorization header (RFC 6750 section 2.1), the only place
// it is looked for: a token in a query lands in logs and one in a form belongs to the upstream. It is ""
// when there is no header or one of another scheme, and an error when the scheme is Bearer and what
// follows is nothing or a list, which may be read from either end.
func readBearer(authorization []string) (string, error) {
	if len(authorization) == 0 {
		return "", nil
	}
	scheme, token, _ := strings.Cut(authorization[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", nil
	}
	token = strings.TrimLeft(token, " ")
	if token == "" || strings.IndexByte(token, ' ') >= 0 || strings.IndexByte(token, ',') >= 0 {
		return "", errMalformed
	}
	return token, nil
}

// wellFormed reports whether the one Authorization header carries a b64token. It is asked only about a
// token that is not live, to tell a malformed request from a dead token: reading every byte of a long
// JWT costs more than finding it.
func wellFormed(authorization []string) bool {
	_, ok := oauth.ParseBearer(authorization[0])
	return ok
}
