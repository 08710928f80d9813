package client

import (
	"crypto/sha256"
	"sync"

	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// maxParsed bounds the key sets that are kept parsed.
const maxParsed = 1024

// parsed has key sets by their text: equal texts are equal keys, whoever registered them, and a client that
// registers others has another text.
type parsed struct {
	mu   sync.Mutex
	sets map[[sha256.Size]byte]*keys.PublicKeys
}

func newParsed() *parsed { return &parsed{sets: make(map[[sha256.Size]byte]*keys.PublicKeys)} }

func (p *parsed) get(jwks []byte) (*keys.PublicKeys, error) {
	name := sha256.Sum256(jwks)
	p.mu.Lock()
	set, known := p.sets[name]
	p.mu.Unlock()
	if known {
		return set, nil
	}
	set, err := keys.ParsePublicKeys(jwks)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.sets) >= maxParsed {
		clear(p.sets)
	}
	p.sets[name] = set
	return set, nil
}
