package op

import (
	"context"
	"errors"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/seed-5b16f944/gatehouse/op/fact"
	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/issuer"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/remote"
)

// Source answers for the access tokens of somebody.
type Source interface {
	// Introspect gives a live access token, ErrInactive for anything that is not one of its, and any other error
	// when it could not find out. The Token is shared, is never written to, and keeps its address while the source
	// remembers it.
	Introspect(ctx context.Context, token string) (*Token, error)
}

// IssuedBy is a Source and what is known of the tokens that it answers for.
type IssuedBy struct {
	Source
	// Issuer is who issues them; "" if that is not known.
	Issuer string
	// OnlyJWT says that all of them are JWTs.
	OnlyJWT bool
}

// maxChosen bounds the tokens of which it is remembered who answers for them.
const maxChosen = 32768

// Sources ask, of several, the source that a token belongs to.
//
// A JWT belongs to the first source of the issuer that it names, and to no other: reading that before anything is
// verified decides only who judges it. A JWT of nobody's is shown to the sources whose issuer is not known, and what
// is no JWT to all that know other tokens, in their order, until one says yes. A source that cannot tell ends the
// search: who comes after it is shown a token only when all before have said no, and a no is the answer only when all
// have said it.
type Sources struct {
	all []IssuedBy
	// chosen are the sources that said yes to a token before. They are asked first, and anew.
	chosen *otter.Cache[fact.Key, Source]
}

// NewSources makes one Source of several, which are asked in this order.
func NewSources(all ...IssuedBy) *Sources {
	return &Sources{all: all, chosen: otter.Must(&otter.Options[fact.Key, Source]{MaximumSize: maxChosen})}
}

// Introspect asks the source that the token belongs to.
func (s *Sources) Introspect(ctx context.Context, token string) (*Token, error) {
	if len(token) > keys.MaxJWS {
		return nil, ErrInactive
	}
	key := fact.KeyOf("", token)
	before, known := s.chosen.GetIfPresent(key)
	if known {
		found, err := before.Introspect(ctx, token)
		if !fact.SaysNo(err) {
			return found, err
		}
		s.chosen.Invalidate(key)
	}
	for _, source := range s.of(token) {
		if source == before {
			continue
		}
		found, err := source.Introspect(ctx, token)
		if fact.SaysNo(err) {
			continue
		}
		if err == nil {
			s.chosen.Set(key, source)
		}
		return found, err
	}
	return nil, ErrInactive
}

// of are the sources that a token may belong to.
func (s *Sources) of(token string) []Source {
	_, payload, err := keys.Peek(token)
	isJWT := err == nil
	if isJWT {
		named := unverifiedIssuer(payload)
		for _, one := range s.all {
			if one.Issuer != "" && one.Issuer == named {
				return []Source{one.Source}
			}
		}
	}
	var open []Source
	for _, one := range s.all {
		if isJWT && one.Issuer == "" || !isJWT && !one.OnlyJWT {
			open = append(open, one.Source)
		}
	}
	return open
}

// unverifiedIssuer is the iss of a payload that nobody has verified, "" if there is none.
func unverifiedIssuer(payload []byte) string {
	members, err := oauth.ReadObject(payload)
	if err != nil {
		return ""
	}
	named, _ := members["iss"].(string)
	return named
}

// NewForeignIssuer makes a Source of the JWTs of an issuer elsewhere, whose keys are fetched as out allows. It does
// no I/O; the error lists every fault of the configuration.
func NewForeignIssuer(config ForeignIssuer, out Outbound) (Source, error) {
	if faults := config.Check(); len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return issuer.New(config, fetch.New(out), time.Now), nil
}

// NewRemoteIntrospection makes a Source of an introspection endpoint elsewhere, which is asked as out allows. It does
// no I/O; the error lists every fault of the configuration.
func NewRemoteIntrospection(config RemoteIntrospection, out Outbound) (Source, error) {
	if faults := config.Check(); len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return remote.New(config, fetch.NewForOne(out), time.Now), nil
}
