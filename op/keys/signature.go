package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"math/big"
)

// sign makes the signature of a JWS signing input. It is done here rather than by go-jose because its
// generality costs a quarter of an ES256 signature (55 against 43 us) and as much of a verification.
func sign(alg string, private crypto.Signer, input []byte) ([]byte, error) {
	a := algorithms[alg]
	switch key := private.(type) {
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, key, digest(a.hash, input))
		if err != nil {
			return nil, err
		}
		half := coordinate(&key.PublicKey)
		signature := make([]byte, 2*half)
		r.FillBytes(signature[:half])
		s.FillBytes(signature[half:])
		return signature, nil
	case *rsa.PrivateKey:
		if a.family == pss {
			return key.Sign(rand.Reader, digest(a.hash, input), saltAsLongAs(a.hash))
		}
		return key.Sign(rand.Reader, digest(a.hash, input), a.hash)
	case ed25519.PrivateKey:
		return ed25519.Sign(key, input), nil
	}
	return nil, fmt.Errorf("%w: %q", ErrAlgorithm, alg)
}

// verify reports whether signature is that of input. The key must fit alg.
func verify(alg string, public crypto.PublicKey, input, signature []byte) bool {
	a := algorithms[alg]
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		half := coordinate(key)
		if len(signature) != 2*half {
			return false
		}
		r, s := new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])
		return ecdsa.Verify(key, digest(a.hash, input), r, s)
	case *rsa.PublicKey:
		if a.family == pss {
			return rsa.VerifyPSS(key, a.hash, digest(a.hash, input), signature, saltAsLongAs(a.hash)) == nil
		}
		return rsa.VerifyPKCS1v15(key, a.hash, digest(a.hash, input), signature) == nil
	case ed25519.PublicKey:
		return ed25519.Verify(key, input, signature)
	}
	return false
}

// coordinate is the length in bytes of each half of an ECDSA signature (RFC 7518 section 3.4).
func coordinate(key *ecdsa.PublicKey) int { return (key.Params().BitSize + 7) / 8 }

// saltAsLongAs is how RFC 7518 section 3.5 wants PSS.
func saltAsLongAs(hash crypto.Hash) *rsa.PSSOptions {
	return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
}

// digest is the hash of input by one of the SHA-2 functions that JWS has.
func digest(hash crypto.Hash, input []byte) []byte {
	if hash == crypto.SHA384 {
		sum := sha512.Sum384(input)
		return sum[:]
	}
	if hash == crypto.SHA512 {
		sum := sha512.Sum512(input)
		return sum[:]
	}
	sum := sha256.Sum256(input)
	return sum[:]
}
