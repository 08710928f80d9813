package keys

import (
	"crypto"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// The algorithms of signatures made with a client's secret (RFC 7518 section 3.2).
const (
	HS256 = "HS256"
	HS384 = "HS384"
	HS512 = "HS512"
)

// HMACAlgs are the algorithms that SignHMAC and VerifyHMAC have. They never meet a public key.
var HMACAlgs = []string{HS256, HS384, HS512}

// ErrSecretTooShort says that a secret is shorter than the output of the hash it is to key, which RFC 7518
// section 3.2 forbids: such a secret can be searched for with a single token in hand.
var ErrSecretTooShort = errors.New("keys: secret is too short for the algorithm")

// CheckHMACSecret says whether a secret is long enough for alg: 32, 48 or 64 bytes. ErrAlgorithm if alg is none
// of HMACAlgs, else ErrSecretTooShort.
func CheckHMACSecret(secret, alg string) error {
	hash := hmacHash(alg)
	switch {
	case hash == 0:
		return fmt.Errorf("%w: %q", ErrAlgorithm, alg)
	case len(secret) < hash.Size():
		return ErrSecretTooShort
	}
	return nil
}

// SignHMAC makes a JWS of claims with a client's secret; its header has no kid, and typ unless that is empty.
// The error is that of CheckHMACSecret, or ErrTooLarge beyond MaxJWS.
func SignHMAC(secret, alg, typ string, claims any) (string, error) {
	if err := CheckHMACSecret(secret, alg); err != nil {
		return "", err
	}
	header := `{"alg":"` + alg + `"}`
	if typ != "" {
		header = `{"alg":"` + alg + `","typ":"` + typ + `"}`
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("keys: encode claims: %w", err)
	}
	input := join(header, payload)
	token := base64.RawURLEncoding.AppendEncode(append(input, '.'), authenticate(secret, alg, input))
	if len(token) > MaxJWS {
		return "", fmt.Errorf("%w: %d bytes", ErrTooLarge, len(token))
	}
	return string(token), nil
}

// VerifyHMAC gives a token that was signed with the secret, by one of algs; those that are not in HMACAlgs never
// count, and neither does a secret that is too short. A kid says nothing: there is one secret. ErrNotVerified
// for everything else.
func VerifyHMAC(secret, jws string, algs []string) (JWS, error) {
	c, h, ok := open(jws, algs, HMACAlgs)
	if !ok || CheckHMACSecret(secret, h.alg) != nil {
		return JWS{}, ErrNotVerified
	}
	if !hmac.Equal(c.signature, authenticate(secret, h.alg, []byte(c.input))) {
		return JWS{}, ErrNotVerified
	}
	return JWS{Alg: h.alg, KeyID: h.kid, Type: h.typ, Payload: c.payload}, nil
}

func authenticate(secret, alg string, input []byte) []byte {
	mac := hmac.New(hmacHash(alg).New, []byte(secret))
	mac.Write(input)
	return mac.Sum(nil)
}

// hmacHash is the hash behind one of HMACAlgs, 0 for any other algorithm.
func hmacHash(alg string) crypto.Hash {
	switch alg {
	case HS256:
		return crypto.SHA256
	case HS384:
		return crypto.SHA384
	case HS512:
		return crypto.SHA512
	}
	return 0
}
