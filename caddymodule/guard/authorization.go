package guard

import (
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// credential is an access token and the scheme it came by.
type credential struct {
	token string
	// dpop says that it came by the scheme of tokens that are bound to a key.
	dpop bool
}

// readToken takes the token out of the one Authorization header (RFC 6750 section 2.1, RFC 9449 section 7.1), the
// only place it is looked for: a token in a query lands in logs and one in a form belongs to the upstream. It is ""
// when there is no header or one of another scheme, and an error when the scheme is Bearer or DPoP and what
// follows is nothing or a list, which may be read from either end.
func readToken(authorization []string) (sent credential, err error) {
	if len(authorization) == 0 {
		return sent, nil
	}
	scheme, token, _ := strings.Cut(authorization[0], " ")
	if sent.dpop = strings.EqualFold(scheme, dpopType); !sent.dpop && !strings.EqualFold(scheme, bearerType) {
		return sent, nil
	}
	token = strings.TrimLeft(token, " ")
	if token == "" || strings.IndexByte(token, ' ') >= 0 || strings.IndexByte(token, ',') >= 0 {
		return sent, errMalformed
	}
	sent.token = token
	return sent, nil
}

// wellFormed reports whether the one Authorization header carries a b64token. It is asked only about a
// token that is not live, to tell a malformed request from a dead token: reading every byte of a long
// JWT costs more than finding it.
func (c credential) wellFormed(authorization []string) bool {
	parse := oauth.ParseBearer
	if c.dpop {
		parse = oauth.ParseDPoP
	}
	_, ok := parse(authorization[0])
	return ok
}
