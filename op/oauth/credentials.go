package oauth

import (
	"encoding/base64"
	"net/url"
	"strings"
)

// ParseBasic reads the client's identifier and secret from an Authorization header (RFC 6749
// section 2.3.1: both are form-encoded before they are joined). ok is false when the scheme is not
// Basic; err is not nil when it is Basic and malformed.
func ParseBasic(header string) (id, secret string, ok bool, err error) {
	scheme, encoded, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return "", "", false, nil
	}
	decoded, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || strings.ContainsAny(encoded, "\r\n") {
		return "", "", true, InvalidRequest("Basic credentials are not base64", err)
	}
	first, second, found := strings.Cut(string(decoded), ":")
	if !found {
		return "", "", true, InvalidRequest("Basic credentials have no colon", nil)
	}
	if id, err = url.QueryUnescape(first); err == nil {
		secret, err = url.QueryUnescape(second)
	}
	if err != nil || id == "" {
		// Without the decoder's error: it quotes what it could not read, and that is a piece of the secret.
		return "", "", true, InvalidRequest("Basic credentials are not form-encoded", nil)
	}
	return id, secret, true, nil
}

// ParseBearer reads an access token from an Authorization header (RFC 6750 section 2.1). ok is false
// for any other scheme and for a token that is not b64token.
func ParseBearer(header string) (token string, ok bool) { return parseToken(header, "Bearer ") }

// ParseDPoP is ParseBearer for the scheme of tokens that are bound to a key (RFC 9449 section 7.1).
func ParseDPoP(header string) (token string, ok bool) { return parseToken(header, "DPoP ") }

func parseToken(header, scheme string) (token string, ok bool) {
	if len(header) <= len(scheme) || !strings.EqualFold(header[:len(scheme)], scheme) {
		return "", false
	}
	token = strings.TrimLeft(header[len(scheme):], " ")
	return token, isB64Token(token)
}

// isB64Token is 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"=".
func isB64Token(s string) bool {
	body := strings.TrimRight(s, "=")
	for i := range len(body) {
		if !b64TokenByte[body[i]] {
			return false
		}
	}
	return body != ""
}

// b64TokenByte is a table because every guarded request passes through it.
var b64TokenByte = func() (allowed [256]bool) {
	for c := range allowed {
		allowed[c] = unreserved(byte(c)) || c == '+' || c == '/'
	}
	return allowed
}()
