package keys

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

// The algorithms of encryption (RFC 7518 sections 4.3, 4.6 and 5). RSA1_5, whose padding is an oracle, and PBES2,
// whose work the sender chooses, are not among them, and nothing is ever compressed.
const (
	RSAOAEP256   = "RSA-OAEP-256"
	ECDHES       = "ECDH-ES"
	ECDHESA256KW = "ECDH-ES+A256KW"

	A128CBCHS256 = "A128CBC-HS256"
	A256GCM      = "A256GCM"
)

// EncryptionAlgs are how a content key is agreed on, EncryptionEncs how content is encrypted.
var (
	EncryptionAlgs = []string{RSAOAEP256, ECDHES, ECDHESA256KW}
	EncryptionEncs = []string{A128CBCHS256, A256GCM}
)

// Inside is what the header of a JWE tells of what it holds; "" for nothing.
type Inside struct {
	// ContentType is the cty (RFC 7516 section 4.1.12).
	ContentType string
	// Issuer is the iss of a JWT inside, for whoever has to know it before anything is decrypted (RFC 7519 section
	// 5.3).
	Issuer string
}

// Encrypt makes a compact JWE (RFC 7516 section 7.1) of plain for one of the keys, which its kid names if it has
// one: a key for encryption, if the set has one that says so. ErrAlgorithm if alg or enc is none of ours, ErrNoFittingKey if no key may be encrypted for with alg.
func (p *PublicKeys) Encrypt(plain []byte, alg, enc string, tells Inside) (string, error) {
	if !slices.Contains(EncryptionAlgs, alg) || !slices.Contains(EncryptionEncs, enc) {
		return "", fmt.Errorf("%w: %q with %q", ErrAlgorithm, alg, enc)
	}
	k, ok := p.recipient(alg)
	if !ok {
		return "", fmt.Errorf("%w: %s", ErrNoFittingKey, alg)
	}
	options := &jose.EncrypterOptions{}
	if tells.ContentType != "" {
		options = options.WithContentType(jose.ContentType(tells.ContentType))
	}
	if tells.Issuer != "" {
		options = options.WithHeader("iss", tells.Issuer)
	}
	encrypter, err := jose.NewEncrypter(
		jose.ContentEncryption(enc),
		jose.Recipient{Algorithm: jose.KeyAlgorithm(alg), Key: k.key, KeyID: k.kid},
		options,
	)
	if err != nil {
		return "", fmt.Errorf("keys: encrypt: %w", err)
	}
	encrypted, err := encrypter.Encrypt(plain)
	if err != nil {
		return "", fmt.Errorf("keys: encrypt: %w", err)
	}
	token, err := encrypted.CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("keys: encrypt: %w", err)
	}
	return token, nil
}

// Encrypts reports whether Encrypt has a key for alg.
func (p *PublicKeys) Encrypts(alg string) bool {
	_, ok := p.recipient(alg)
	return ok
}

// recipient is the key to encrypt for, one that says it is for encryption before one that says nothing.
func (p *PublicKeys) recipient(alg string) (publicKey, bool) {
	var found publicKey
	for _, k := range p.keys {
		if k.encrypts(alg) && (found.key == nil || found.use == "" && k.use == "enc") {
			found = k
		}
	}
	return found, found.key != nil
}

// encrypts reports whether the key may be encrypted for with alg.
func (k publicKey) encrypts(alg string) bool {
	if k.alg != "" && k.alg != alg || k.use != "" && k.use != "enc" {
		return false
	}
	allowed := func(ops ...string) bool {
		return !k.stated || slices.ContainsFunc(ops, func(op string) bool { return slices.Contains(k.ops, op) })
	}
	switch k.key.(type) {
	case *rsa.PublicKey:
		return alg == RSAOAEP256 && allowed("encrypt", "wrapKey")
	case *ecdsa.PublicKey:
		// Web Cryptography exports the public half of an ECDH key with an empty list.
		return (alg == ECDHES || alg == ECDHESA256KW) && (len(k.ops) == 0 || allowed("deriveKey", "deriveBits"))
	}
	return false
}
