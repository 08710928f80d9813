package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
)

// The signature algorithms a Ring can have (RFC 7518 section 3.1, RFC 8037). There is no none and no HMAC
// among them, so no header can ask for one.
const (
	RS256 = "RS256"
	RS384 = "RS384"
	RS512 = "RS512"
	PS256 = "PS256"
	PS384 = "PS384"
	PS512 = "PS512"
	ES256 = "ES256"
	ES384 = "ES384"
	ES512 = "ES512"
	EdDSA = "EdDSA"
)

// SigningAlgs are the asymmetric signature algorithms: what a Ring can have a key for and PublicKeys verify.
var SigningAlgs = []string{RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA}

// ErrAlgorithm says that an algorithm is not one of ours.
var ErrAlgorithm = errors.New("keys: signature algorithm is not supported")

// The sizes of RSA keys in bits. rsaBits is the least RFC 7518 section 3.3 allows; more would cost every ID
// token dearly. A key of somebody else may be larger, up to where verifying becomes an attack on us.
const (
	rsaBits    = 2048
	rsaMaxBits = 4096
)

// family is how an algorithm signs.
type family int

const (
	pkcs1 family = iota + 1
	pss
	ecdsaRS
	eddsa
)

// algorithm is what its name stands for. curve is that of the one kind of key an ECDSA algorithm has (RFC 7518
// section 3.4).
type algorithm struct {
	family family
	hash   crypto.Hash
	curve  elliptic.Curve
}

var algorithms = map[string]algorithm{
	RS256: {family: pkcs1, hash: crypto.SHA256},
	RS384: {family: pkcs1, hash: crypto.SHA384},
	RS512: {family: pkcs1, hash: crypto.SHA512},
	PS256: {family: pss, hash: crypto.SHA256},
	PS384: {family: pss, hash: crypto.SHA384},
	PS512: {family: pss, hash: crypto.SHA512},
	ES256: {family: ecdsaRS, hash: crypto.SHA256, curve: elliptic.P256()},
	ES384: {family: ecdsaRS, hash: crypto.SHA384, curve: elliptic.P384()},
	ES512: {family: ecdsaRS, hash: crypto.SHA512, curve: elliptic.P521()},
	EdDSA: {family: eddsa},
}

// generate makes a private key for alg.
func generate(alg string) (crypto.Signer, error) {
	switch a := algorithms[alg]; a.family {
	case pkcs1, pss:
		return rsa.GenerateKey(rand.Reader, rsaBits)
	case ecdsaRS:
		return ecdsa.GenerateKey(a.curve, rand.Reader)
	case eddsa:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	}
	return nil, fmt.Errorf("%w: %q", ErrAlgorithm, alg)
}

// fits reports whether a public key may be used with alg. A key of ours carries its one algorithm, one of
// somebody else has a type and a curve; what is done with it is never read from a token alone (RFC 8725
// section 3.1).
func fits(alg string, public crypto.PublicKey) bool {
	a := algorithms[alg]
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		return a.family == ecdsaRS && key.Curve == a.curve
	case *rsa.PublicKey:
		return (a.family == pkcs1 || a.family == pss) && goodSize(key)
	case ed25519.PublicKey:
		return a.family == eddsa && len(key) == ed25519.PublicKeySize
	}
	return false
}

// goodSize reports whether an RSA key is neither too weak nor so large that using it is an attack
// (CVE-2023-29409).
func goodSize(key *rsa.PublicKey) bool {
	bits := key.N.BitLen()
	return bits >= rsaBits && bits <= rsaMaxBits
}
