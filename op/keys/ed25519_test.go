package keys

import (
	"errors"
	"testing"
)

// TestEd25519IsEdDSAByItsFullName (RFC 9864 section 2.2): in the header, in the JWK, in both and in neither.
func TestEd25519IsEdDSAByItsFullName(t *testing.T) {
	public := somebodys()[EdDSA].Public()
	for _, stated := range []map[string]any{nil, {"alg": EdDSA}, {"alg": "Ed25519"}} {
		p := parse(t, jwks(t, members(t, public, stated), members(t, somebodys()[ES256].Public(), nil)))
		for _, alg := range []string{EdDSA, "Ed25519"} {
			token := signAs(t, EdDSA, somebodys()[EdDSA], `{"alg":"`+alg+`"}`, `{}`)
			got, err := p.Verify(token, []string{EdDSA})
			if err != nil || got.Alg != EdDSA {
				t.Errorf("%s with a key for %v: %q, %v", alg, stated, got.Alg, err)
			}
			if peeked, _, err := Peek(token); err != nil || peeked != EdDSA {
				t.Errorf("%s: %q, %v", alg, peeked, err)
			}
			if _, err := p.Verify(token, []string{ES256, RS256}); !errors.Is(err, ErrNotVerified) {
				t.Errorf("%s where it is not allowed: %v", alg, err)
			}
		}
	}
}

// TestThreat030_NoOtherNameIsOneOfEd25519s: neither near spellings, nor the other curve of EdDSA, nor the key of another
// type under that name.
func TestThreat030_NoOtherNameIsOneOfEd25519s(t *testing.T) {
	p := theirs(t)
	for _, alg := range []string{"Ed448", "ed25519", "ED25519", "Ed25519 ", "EdDSA25519", "eddsa"} {
		notTaken(t, p, signAs(t, EdDSA, somebodys()[EdDSA], `{"alg":"`+alg+`"}`, `{}`), alg)
	}
	for _, alg := range []string{ES256, RS256, PS256} {
		notTaken(t, p, signAs(t, alg, somebodys()[alg], `{"alg":"Ed25519"}`, `{}`), alg+" as Ed25519")
	}
	for _, alg := range []string{"Ed448", ES256, "ed25519"} {
		only := parse(t, jwks(t, members(t, somebodys()[EdDSA].Public(), map[string]any{"alg": alg})))
		notTaken(t, only, signAs(t, EdDSA, somebodys()[EdDSA], `{"alg":"Ed25519"}`, `{}`), "a key for "+alg)
	}
}
