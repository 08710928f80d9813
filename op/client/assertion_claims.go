package client

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

const (
	// maxAssertion is how far ahead an assertion may expire. The certified Python clients say 10 min; longer ones
	// would fill the store with what has to be remembered of them.
	maxAssertion = 10 * time.Minute
	// maxSkew is what the clock of a client may be ahead by.
	maxSkew = 30 * time.Second
)

// assertionTypes are the typ that an assertion may have. Most have none of their own; the last one is that of the
// revision of RFC 7523. A typ that says something else is of another kind of JWT, whatever its claims (RFC 8725
// section 3.11).
var assertionTypes = []string{"", "JWT", "client-authentication+jwt"}

// isAssertion compares as media types are: in any case, and with the prefix that may be left out (RFC 7515 section
// 4.1.9).
func isAssertion(typ string) bool {
	short, isMediaType := strings.CutPrefix(strings.ToLower(typ), "application/")
	return slices.ContainsFunc(assertionTypes, func(known string) bool {
		return strings.EqualFold(known, short) && (known != "" || !isMediaType)
	})
}

// Why the claims of an assertion do not hold, for the log alone.
var (
	errClaims      = errors.New("assertion has malformed claims")
	errOtherKind   = errors.New("assertion is a JWT of another kind")
	errOtherIssuer = errors.New("assertion was not made by the client for itself")
	errNotForUs    = errors.New("assertion is not meant for us")
	errNoID        = errors.New("assertion has no jti")
	errOverlong    = errors.New("assertion has no exp, or one too far ahead")
	errExpired     = errors.New("assertion has expired")
	errNotYet      = errors.New("assertion is from the future")
)

// claims are those of an assertion (RFC 7523 section 3).
type claims struct {
	issuer, subject, audience, id string
	// listed says that the audience was in an array.
	listed bool
	// expires, notBefore and issued are zero when they are missing.
	expires, notBefore, issued time.Time
	// requests says that it asks for an authorization, which no assertion does.
	requests bool
}

// readClaims reads a payload strictly: a claim of a wrong type is a fault and not a claim that is missing. An
// array is an audience if it has one member, which is how some certified clients write it; of several, one
// could be somebody else who would then hold an assertion for us (CVE-2025-27370).
func readClaims(payload []byte) (claims, error) {
	members, err := oauth.ReadObject(payload)
	if err != nil {
		return claims{}, errClaims
	}
	var c claims
	if all, isList := members["aud"].([]any); isList && len(all) == 1 {
		members["aud"], c.listed = all[0], true
	}
	for name, into := range map[string]*string{"iss": &c.issuer, "sub": &c.subject, "aud": &c.audience, "jti": &c.id} {
		value, there := members[name]
		text, isText := value.(string)
		if there && !isText {
			return claims{}, errClaims
		}
		*into = text
	}
	for name, into := range map[string]*time.Time{"exp": &c.expires, "nbf": &c.notBefore, "iat": &c.issued} {
		value, there := members[name]
		at, ok := oauth.NumericDate(value)
		if there && !ok {
			return claims{}, errClaims
		}
		*into = at
	}
	// Request objects of OIDC Core have no typ of their own to be told by.
	c.requests = members["response_type"] != nil || members["redirect_uri"] != nil
	return c, nil
}

// check says why claims are not those of an assertion that client id makes for us now. typ is that of the JWT.
func (c claims) check(typ, id string, audience Audience, now time.Time) error {
	switch {
	case c.requests || !isAssertion(typ):
		return errOtherKind
	case c.issuer != id || c.subject != id:
		return errOtherIssuer
	case !audience.takes(c.audience, c.listed):
		return errNotForUs
	case c.id == "":
		return errNoID
	case c.expires.IsZero() || c.expires.After(now.Add(maxAssertion+maxSkew)):
		return errOverlong
	case !c.expires.After(now):
		return errExpired
	case c.notBefore.After(now.Add(maxSkew)) || c.issued.After(now.Add(maxSkew)):
		return errNotYet
	}
	return nil
}

// before reports whether such an assertion could have been accepted before that time: it was made no later than
// maxSkew after it, and expires no later than an assertion of then could. One of the two is enough to tell that it
// was not. Nothing is before the zero time.
func (c claims) before(t time.Time) bool {
	return !t.IsZero() && !c.issued.After(t.Add(maxSkew)) && !c.expires.After(t.Add(maxAssertion+maxSkew))
}
