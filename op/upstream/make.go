package upstream

import (
	"errors"
	"fmt"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// maxLength bounds a token in bytes: many servers take no header line over 8 KiB.
const maxLength = 7 << 10

// subjectID is the claim that says who issued a sub (RFC 9493 section 4.1).
const subjectID = "sub_id"

var (
	// ErrTooLarge says that the claims make no token that fits into a header.
	ErrTooLarge = errors.New("upstream: the token does not fit into a header")
	// errWhose says that nobody knows whose sub and client_id a token has.
	errWhose = errors.New("upstream: the issuer of the caller's token is not known")
)

// Deps are what a Maker uses.
type Deps struct {
	Ring *keys.Ring
	// Issuer is in every token, exactly as written. Alg is what it is signed with.
	Issuer, Alg string
	Now         func() time.Time
}

// Maker makes the tokens of one provider for upstreams.
type Maker struct{ Deps }

// New makes a Maker.
func New(d Deps) *Maker { return &Maker{d} }

// Make makes a token that tells an upstream what is known of a live token or session. It ends with that one, if that
// ends first. ErrTooLarge is the person's claims' fault; any other error is ours.
func (m *Maker) Make(of *grant.Token, w Wish) (*Token, error) {
	// Before the signature: a key that is removed in between must show.
	made := &Token{ring: m.Ring, epoch: m.Ring.Epoch(), now: m.Now}
	issued := m.Now().Unix()
	expires := made.last(of, issued, w.Life)
	claims, err := m.claims(of, w)
	if err != nil {
		return nil, err
	}
	claims["iat"], claims["exp"], claims["jti"] = issued, expires, keys.NewID()
	made.jwt, err = m.Ring.Sign(m.Alg, keys.TypeUpstream, claims)
	switch {
	case errors.Is(err, keys.ErrTooLarge), err == nil && len(made.jwt) > maxLength:
		return nil, fmt.Errorf("%w: it would be longer than %d bytes", ErrTooLarge, maxLength)
	case err != nil:
		return nil, err
	}
	return made, nil
}

// claims are all but those of this one token. Those of the protocol come last, so that no person's data stands for
// them.
func (m *Maker) claims(of *grant.Token, w Wish) (map[string]any, error) {
	claims := make(map[string]any, len(w.Claims)+12)
	if of.SignedIn {
		addPerson(claims, of, w.Claims)
	}
	claims["iss"], claims["aud"] = m.Issuer, w.Audience
	subject, client := of.Subject, of.ClientID
	if !m.own(of) {
		if of.Issuer == "" {
			return nil, errWhose
		}
		// Names mean something to their own issuer alone. Under our iss a sub of another would be that of one of
		// our people, and a client_id that of one of our clients. An issuer identifier has no fragment.
		if subject != "" {
			claims[subjectID] = map[string]string{"format": "iss_sub", "iss": of.Issuer, "sub": subject}
		}
		subject, client = qualified(of.Issuer, subject), qualified(of.Issuer, client)
	}
	for name, value := range map[string]string{"sub": subject, "client_id": client, "scope": of.Scopes.String(), "acr": of.ACR} {
		if value != "" {
			claims[name] = value
		}
	}
	if !of.AuthTime.IsZero() {
		claims["auth_time"] = of.AuthTime.Unix()
	}
	if len(of.AMR) > 0 {
		claims["amr"] = of.AMR
	}
	return claims, nil
}

// own reports whether the provider of this Maker has given user and client their names.
func (m *Maker) own(of *grant.Token) bool {
	return of.Kind == grant.KindSession || of.Grant != nil && of.Issuer == m.Issuer
}

func qualified(issuer, name string) string {
	if name == "" {
		return ""
	}
	return issuer + "#" + name
}

func addPerson(claims map[string]any, of *grant.Token, names []string) {
	for _, name := range names {
		value := of.Claims[name]
		switch name {
		case claimUsername:
			value = orNothing(of.Username)
		case claimAccount:
			value = orNothing(of.Account)
		}
		if value != nil && Tells(name) {
			claims[name] = value
		}
	}
}

func orNothing(s string) any {
	if s == "" {
		return nil
	}
	return s
}
