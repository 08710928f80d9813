package keys

import (
	"encoding/json"
	"fmt"
	"strings"
)

// AlgNone is the algorithm of a token without a signature (RFC 7518 section 3.6). It is none of SigningAlgs and
// HMACAlgs, so that no verifier takes it by accident: it has functions of its own.
const AlgNone = "none"

// Unsecured makes a JWS that nobody has signed: ID tokens for a client that registered none and fetches them
// over a connection that vouches for them (OpenID Connect Core section 2). ErrTooLarge beyond MaxJWS.
func Unsecured(claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("keys: encode claims: %w", err)
	}
	token := append(join(`{"alg":"`+AlgNone+`"}`, payload), '.')
	if len(token) > MaxJWS {
		return "", fmt.Errorf("%w: %d bytes", ErrTooLarge, len(token))
	}
	return string(token), nil
}

// ReadUnsecured gives a JWS whose algorithm is none, spelled so, and whose signature is empty. What it says is
// as true as whoever handed it over. ErrNotVerified for everything else, signed tokens included.
func ReadUnsecured(jws string) (JWS, error) {
	if len(jws) > MaxJWS || !strings.HasSuffix(jws, ".") {
		return JWS{}, ErrNotVerified
	}
	encodedHeader, encodedPayload, ok := strings.Cut(strings.TrimSuffix(jws, "."), ".")
	if !ok || encodedHeader == "" || encodedPayload == "" {
		return JWS{}, ErrNotVerified
	}
	text, ok := decode64(encodedHeader)
	if !ok {
		return JWS{}, ErrNotVerified
	}
	payload, ok := decode64(encodedPayload)
	if !ok {
		return JWS{}, ErrNotVerified
	}
	h, ok := readHeader(text)
	if !ok || h.alg != AlgNone {
		return JWS{}, ErrNotVerified
	}
	return JWS{Alg: AlgNone, KeyID: h.kid, Type: h.typ, Payload: payload}, nil
}
