package keys

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// ErrNotSealed says that a text was not sealed here for this purpose and these associated data, or was
// altered since. It does not say which, and neither should its reader.
var ErrNotSealed = errors.New("keys: not authentic")

// derive makes one key of a secret for one use (RFC 5869). Uses never share a key, so what was sealed for one
// opens for no other. HKDF fails for outputs of more than 255 hashes only, and this one has a fixed length.
func derive(secret []byte, use string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "gatehouse "+use, chacha20poly1305.KeySize)
	if err != nil {
		panic("keys: " + err.Error())
	}
	return key
}

// aeadFor is XChaCha20-Poly1305 under a key of its own. Its nonce of 192 bits may be random for any number of
// messages. NewX fails for a wrong key size only.
func aeadFor(secret []byte, use string) cipher.AEAD {
	aead, err := chacha20poly1305.NewX(derive(secret, use))
	if err != nil {
		panic("keys: " + err.Error())
	}
	return aead
}

// seal is nonce and ciphertext.
func seal(aead cipher.AEAD, plain, associated []byte) []byte {
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	rand.Read(nonce)
	return aead.Seal(nonce, nonce, plain, associated)
}

// unseal gives back what seal took, or ErrNotSealed.
func unseal(aead cipher.AEAD, sealed, associated []byte) ([]byte, error) {
	if len(sealed) < aead.NonceSize() {
		return nil, ErrNotSealed
	}
	plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], associated)
	if err != nil {
		return nil, ErrNotSealed
	}
	return plain, nil
}

// decode64 reads unpadded base64url of which there is exactly one spelling: the bits a last character leaves
// over must be zero (RFC 4648 section 3.5), and the line breaks that encoding/base64 skips are refused.
// Otherwise a token could be respelled and still be good, past a list of denied ones.
func decode64(s string) ([]byte, bool) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return b, err == nil
}
