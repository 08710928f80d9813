package fact

import (
	"fmt"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/resource"
)

// MaxSkew is what the clock of another party may be ahead by.
const MaxSkew = 30 * time.Second

// Why a token that is well described is not live, for the log alone.
var (
	errExpired = fmt.Errorf("%w: token has expired", grant.ErrInactive)
	errNotYet  = fmt.Errorf("%w: token is from the future", grant.ErrInactive)
)

// Token makes of what is said the facts that the guard judges. Members that are missing stay zero: which must be
// there is for the caller to know. The error is ErrMalformed for a member of a wrong type, and grant.ErrInactive
// outside exp and nbf, or for an iat in the future.
//
// Whoever goes by the client's own name acts for itself; any other sub is a person (RFC 9068 section 5). Account is
// empty: it is a name of this provider's own people.
func (s Said) Token(now time.Time) (*grant.Token, error) {
	t := &grant.Token{Kind: grant.KindAccess, TokenType: grant.Bearer}
	if err := s.readNames(t); err != nil {
		return nil, err
	}
	var err error
	if t.Audience, err = s.Audience(); err != nil {
		return nil, err
	}
	if t.Scopes, err = s.scopes(); err != nil {
		return nil, err
	}
	if err := s.readTimes(t, now); err != nil {
		return nil, err
	}
	if err := s.bind(t); err != nil {
		return nil, err
	}
	if t.SignedIn = t.Subject != "" && t.Subject != t.ClientID; !t.SignedIn {
		return t, nil
	}
	return t, s.readPerson(t)
}

func (s Said) readNames(t *grant.Token) (err error) {
	for member, into := range map[string]*string{"iss": &t.Issuer, "sub": &t.Subject, "client_id": &t.ClientID, "jti": &t.ID} {
		if *into, err = s.text(member); err != nil {
			return err
		}
	}
	if t.ClientID == "" { // as it is called where tokens were ID tokens once (OIDC Core section 2)
		t.ClientID, err = s.text("azp")
	}
	return err
}

func (s Said) readTimes(t *grant.Token, now time.Time) (err error) {
	if t.ExpiresAt, err = s.time("exp"); err != nil {
		return err
	}
	if t.IssuedAt, err = s.time("iat"); err != nil {
		return err
	}
	notBefore, err := s.time("nbf")
	switch {
	case err != nil:
		return err
	case !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt):
		return errExpired
	case notBefore.After(now.Add(MaxSkew)), t.IssuedAt.After(now.Add(MaxSkew)):
		return errNotYet
	}
	return nil
}

// readPerson reads how somebody signed in, and their claims: all members that have no meaning of their own.
func (s Said) readPerson(t *grant.Token) (err error) {
	if t.AuthTime, err = s.time("auth_time"); err != nil {
		return err
	}
	if t.ACR, err = s.text("acr"); err != nil {
		return err
	}
	if t.AMR, err = s.texts("amr"); err != nil {
		return err
	}
	if t.Username, err = s.text("username"); err != nil {
		return err
	}
	t.Claims = make(map[string]any)
	for member, value := range s {
		if !resource.TokenMember(member) {
			t.Claims[member] = value
		}
	}
	if name, ok := t.Claims["preferred_username"].(string); ok && t.Username == "" {
		t.Username = name
	}
	return nil
}
