package keys

import (
	"encoding/base64"
	"errors"
	"strings"
)

// MaxJWS is the longest token in bytes that is read or made. Whatever is longer costs its reader one comparison.
const MaxJWS = 16 << 10

// The typ of each kind of token; a token of one kind never passes for another (RFC 8725 section 3.11).
const (
	TypeIDToken       = "JWT"                     // ID token; one without typ counts as well
	TypeAccessToken   = "at+jwt"                  // RFC 9068 section 2.1
	TypeRequestObject = "oauth-authz-req+jwt"     // RFC 9101 section 4; those of OIDC Core have none of their own
	TypeIntrospection = "token-introspection+jwt" // RFC 9701 section 5
	TypeUpstream      = "upstream+jwt"            // ours: from a guard to the server behind it (RFC 8725 section 3.11)
	TypeLogoutToken   = "logout+jwt"              //nolint:gosec // no credential: OpenID Connect Back-Channel Logout section 2.4
)

// ErrNotVerified says that a text is no token of ours, or none that can still be trusted. It says no more, so
// that no caller can tell an attacker how far a forgery came.
var ErrNotVerified = errors.New("keys: token is not verified")

// ErrTooLarge says that claims would make a token longer than MaxJWS, which nobody here would read again.
var ErrTooLarge = errors.New("keys: token is too large")

// compact is a JWS in compact serialisation (RFC 7515 section 7.1), taken apart and not yet verified.
type compact struct {
	header    []byte
	payload   []byte
	signature []byte
	input     string
}

// split takes a token apart. Only the one canonical spelling is read: three parts of strict base64url. It
// looks at the length first and then for dots, not at the parts, so a megabyte of dots is as cheap as an
// empty text.
func split(jws string) (compact, bool) {
	if len(jws) > MaxJWS {
		return compact{}, false
	}
	header, rest, ok := strings.Cut(jws, ".")
	if !ok {
		return compact{}, false
	}
	payload, signature, ok := strings.Cut(rest, ".")
	if !ok || header == "" || payload == "" || signature == "" || strings.Contains(signature, ".") {
		return compact{}, false
	}
	c := compact{input: jws[:len(header)+1+len(payload)]}
	if c.header, ok = decode64(header); !ok {
		return compact{}, false
	}
	if c.payload, ok = decode64(payload); !ok {
		return compact{}, false
	}
	c.signature, ok = decode64(signature)
	return c, ok
}

// join makes the signing input of a header and a payload, and leaves room for a signature.
func join(header string, payload []byte) []byte {
	encoding := base64.RawURLEncoding
	room := encoding.EncodedLen(len(header)) + encoding.EncodedLen(len(payload)) + encoding.EncodedLen(rsaBits/8) + 2
	input := encoding.AppendEncode(make([]byte, 0, room), []byte(header))
	input = append(input, '.')
	return encoding.AppendEncode(input, payload)
}
