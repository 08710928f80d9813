package main

import (
	"testing"
	"time"
)

// proving sends requests with tokens that are bound to a key, in turn. Each has a proof of its own (RFC 9449), made when
// it is sent: a proof counts once and for a minute.
type proving struct {
	house    *house
	tokens   []string
	at, step int
	once     bool
}

func (p *proving) next() []byte {
	if p.at >= len(p.tokens) {
		if p.once {
			return nil
		}
		p.at %= len(p.tokens)
	}
	token := p.tokens[p.at]
	p.at += p.step
	return p.house.bound(token)
}

func (*proving) took([]byte) error { return nil }

// bound is a request with a token that is bound to the key.
func (h *house) bound(token string) []byte {
	return h.site.get("/orders/17", "Authorization: DPoP "+token, h.proof("GET", boundAudience+"/orders/17", token))
}

// proof is the header with a new proof.
func (h *house) proof(method, address, token string) string {
	return "DPoP: " + h.prover.Proof(method, address, token)
}

// proven are requests with these tokens on every connection, or each once.
func (h *house) proven(once bool, tokens ...string) []chain {
	chains := make([]chain, h.connections)
	for i := range chains {
		chains[i] = &proving{house: h, tokens: tokens, at: i, step: h.connections, once: once}
		if !once {
			chains[i].(*proving).at %= len(tokens)
		}
	}
	return chains
}

// awaitProofs waits until proofs are taken without a nonce: for some seconds after a start of Caddy they are not.
func (h *house) awaitProofs(t testing.TB, port int, request func() []byte) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		_, err := h.at(port, inTurn(1, true, request())).run(h, 0, 0)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("proofs need a nonce for more than %s: %v", patience, err)
		}
	}
}
