package remote

import (
	"fmt"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/fact"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Why an active token is not taken, for the log alone.
var (
	errOtherIssuer = fmt.Errorf("%w: the answer names another issuer", grant.ErrInactive)
	errOtherKind   = fmt.Errorf("%w: it is a token of another kind", grant.ErrInactive)
	errPerhaps     = fmt.Errorf("%w: the answer has neither aud nor token_type, so it may be a refresh token", grant.ErrInactive)
)

// read holds an answer against RFC 7662 section 2.2. What is missing there may be missing here, but for what tells an
// access token from another; audience and scopes are the guard's to judge. A member of a wrong type is nothing to rely
// on: it is an outage, and one that the operator reads of in the log.
func (r *Remote) read(members fact.Said) (*grant.Token, error) {
	if members["active"] != true {
		return nil, errSaidNo
	}
	token, err := members.Token(r.now())
	if err != nil {
		return nil, unlessInactive(err)
	}
	if err := r.checkKind(members, token); err != nil {
		return nil, err
	}
	switch {
	case r.config.Issuer != "" && token.Issuer != "" && token.Issuer != r.config.Issuer:
		return nil, errOtherIssuer
	case token.Issuer == "":
		token.Issuer = r.config.Issuer
	}
	if len(token.Audience) == 0 && r.config.Audience != "" {
		token.Audience = []string{r.config.Audience}
	}
	return token, nil
}

// checkKind refuses what is no access token. An endpoint answers for refresh tokens too, which are none at a resource
// (RFC 7662 section 4): ours tells them by having neither token_type nor aud, others by members of their own.
func (r *Remote) checkKind(members fact.Said, token *grant.Token) error {
	tokenType, typed := members["token_type"].(string)
	use, used := members["token_use"].(string)
	typ, _ := members["typ"].(string)
	switch {
	case typed && !strings.EqualFold(tokenType, token.TokenType), members["token_type"] != nil && !typed:
		return errOtherKind
	case used && use != "access_token" && use != "access":
		return errOtherKind
	case strings.EqualFold(typ, "refresh"), strings.EqualFold(typ, "offline"), strings.EqualFold(typ, "id"):
		return errOtherKind
	case !typed && len(token.Audience) == 0:
		return errPerhaps
	}
	return nil
}

// unlessInactive makes an outage of an error that is no clear no.
func unlessInactive(err error) error {
	if fact.SaysNo(err) {
		return err
	}
	return fmt.Errorf("remote: %w: %w", err, oauth.ErrUnavailable)
}
