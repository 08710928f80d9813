package keys

import "encoding/base64"

// SealWith seals plain under a bearer secret from NewToken itself, as base64url: whoever reads the database
// but was never shown the token has neither. The key is HKDF-SHA256 of the token. The error is always nil for
// such a token and ErrNotSealed for an empty one, under which anybody could open.
func SealWith(token string, plain, associated []byte) (string, error) {
	if token == "" {
		return "", ErrNotSealed
	}
	return base64.RawURLEncoding.EncodeToString(seal(aeadFor([]byte(token), "seal with token"), plain, associated)), nil
}

// OpenWith gives back what SealWith took. ErrNotSealed for another token, other associated data or an altered
// text.
func OpenWith(token, sealed string, associated []byte) ([]byte, error) {
	raw, ok := decode64(sealed)
	if !ok || token == "" {
		return nil, ErrNotSealed
	}
	return unseal(aeadFor([]byte(token), "seal with token"), raw, associated)
}
