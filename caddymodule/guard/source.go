package guard

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/seed-5b16f944/gatehouse/op"
)

// errNotJSON hides the value that could not be written; it is a person's.
var errNotJSON = errors.New("a claim has no JSON form")

// source takes one value out of a token: a string, or what JSON can say; nil when there is none.
type source func(*op.Token) any

// ownSources are those that have a name of their own. Those of a person are empty when a client acts for itself.
var ownSources = map[string]source{
	"client_id": func(t *op.Token) any { return t.ClientID },
	"scope":     func(t *op.Token) any { return t.Scopes.String() },
	"aud":       audienceOf,
	"iss":       func(t *op.Token) any { return t.Issuer },
	"sub":       ofPerson(func(t *op.Token) any { return t.Subject }),
	"username":  ofPerson(func(t *op.Token) any { return t.Username }),
	"account":   ofPerson(func(t *op.Token) any { return t.Account }),
	"acr":       ofPerson(func(t *op.Token) any { return t.ACR }),
	"auth_time": ofPerson(authTimeOf),
}

// sourceOf finds the source a header or a placeholder is filled from: any other name is that of a claim of the person.
func sourceOf(name string) source {
	if own, ok := ownSources[name]; ok {
		return own
	}
	return ofPerson(func(t *op.Token) any { return t.Claims[name] })
}

// tokenSource reports the sources that say something of the token and not of a person.
func tokenSource(name string) bool {
	return name == "client_id" || name == "scope" || name == "aud" || name == "iss"
}

// internalClaim reports names that are protocol and no claim of a person, in whatever case; a header from one of them
// would silently stay empty.
func internalClaim(name string) bool {
	_, own := ownSources[name]
	return !own && op.TokenMember(name)
}

func ofPerson(from source) source {
	return func(t *op.Token) any {
		if !t.SignedIn {
			return nil
		}
		return from(t)
	}
}

// audienceOf is one URI as it is, several as a JSON list; no URI begins with a bracket.
func audienceOf(t *op.Token) any {
	if len(t.Audience) == 1 {
		return t.Audience[0]
	}
	return t.Audience
}

func authTimeOf(t *op.Token) any {
	if t.AuthTime.IsZero() {
		return nil
	}
	return strconv.FormatInt(t.AuthTime.Unix(), 10)
}

// text writes a value: a string as it is, nothing as "", all else as JSON in ASCII.
func text(value any) (string, error) {
	switch value := value.(type) {
	case nil:
		return "", nil
	case string:
		return value, nil
	}
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", errNotJSON
	}
	return asciiJSON(strings.TrimSuffix(out.String(), "\n")), nil
}

// asciiJSON escapes what is not printable ASCII. In JSON that can only stand inside a string, where an
// escape of UTF-16 code units means the same (RFC 8259 section 7).
func asciiJSON(s string) string {
	var out strings.Builder
	for _, r := range s {
		if r < 0x7f {
			out.WriteByte(byte(r))
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&out, `\u%04x`, unit)
		}
	}
	return out.String()
}
