package client

import (
	"crypto/sha256"

	"github.com/maypok86/otter/v2"

	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// maxParsed bounds the key sets that are kept parsed.
const maxParsed = 1024

// parsed has key sets by their text: equal texts are equal keys, whoever registered them, and a client that
// registers others has another text.
type parsed struct {
	sets *otter.Cache[[sha256.Size]byte, *keys.PublicKeys]
}

func newParsed() *parsed {
	return &parsed{sets: otter.Must(&otter.Options[[sha256.Size]byte, *keys.PublicKeys]{MaximumSize: maxParsed})}
}

func (p *parsed) get(jwks []byte) (*keys.PublicKeys, error) {
	name := sha256.Sum256(jwks)
	if set, known := p.sets.GetIfPresent(name); known {
		return set, nil
	}
	set, err := keys.ParsePublicKeys(jwks)
	if err != nil {
		return nil, err
	}
	p.sets.Set(name, set)
	return set, nil
}
