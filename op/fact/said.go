package fact

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// ErrMalformed says that a member does not have the type that its specification gives it. It is no claim then,
// and no missing one either.
var ErrMalformed = errors.New("what is said of the token is malformed")

func malformed(member string) error { return fmt.Errorf("%w: %s", ErrMalformed, member) }

// Said is what another party says of a token, as oauth.ReadObject reads it: the claims of a JWT, or the members of
// an introspection response.
type Said map[string]any

const (
	// maxTime is the year 9999 in Unix seconds: what lies beyond overflows somewhere.
	maxTime = 253402300799
	// maxListed bounds the lists that are searched for each request.
	maxListed = 100
)

// text reads a string, "" when it is missing.
func (s Said) text(member string) (string, error) {
	value, there := s[member]
	text, ok := value.(string)
	if there && !ok {
		return "", malformed(member)
	}
	return text, nil
}

// time reads whole seconds since 1970, the zero time when it is missing. RFC 7519 section 2 allows parts of a second;
// no authorization server writes them, and what is no whole number has been misread before (row 60 of the threats).
func (s Said) time(member string) (time.Time, error) {
	value, there := s[member]
	if !there {
		return time.Time{}, nil
	}
	number, ok := value.(json.Number)
	if !ok {
		return time.Time{}, malformed(member)
	}
	seconds, err := strconv.ParseInt(number.String(), 10, 64)
	if err != nil || seconds <= 0 || seconds > maxTime {
		return time.Time{}, malformed(member)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// texts reads a list of strings, none of them empty; nil when it is missing.
func (s Said) texts(member string) ([]string, error) {
	value, there := s[member]
	if !there {
		return nil, nil
	}
	list, ok := value.([]any)
	if !ok || len(list) > maxListed {
		return nil, malformed(member)
	}
	texts := make([]string, 0, len(list))
	for _, value := range list {
		text, ok := value.(string)
		if !ok || text == "" {
			return nil, malformed(member)
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// Audience reads aud: one string or several in an array (RFC 7519 section 4.1.3); nil when it is missing.
func (s Said) Audience() ([]string, error) {
	if one, ok := s["aud"].(string); ok && one != "" {
		return []string{one}, nil
	}
	audience, err := s.texts("aud")
	if _, there := s["aud"]; there && len(audience) == 0 {
		return nil, malformed("aud")
	}
	return audience, err
}

// scopes reads scope as RFC 8693 section 4.2 has it, or as the array that others make of it. Some servers call it
// scp; that counts only where there is no scope.
func (s Said) scopes() (oauth.Scopes, error) {
	member := "scope"
	if _, there := s[member]; !there {
		member = "scp"
	}
	if text, ok := s[member].(string); ok {
		scopes, err := oauth.ParseScopes(text)
		if err != nil {
			return nil, malformed(member)
		}
		return scopes, nil
	}
	names, err := s.texts(member)
	if err != nil {
		return nil, err
	}
	var scopes oauth.Scopes
	for _, name := range names {
		if !oauth.ValidScope(name) {
			return nil, malformed(member)
		}
		if !scopes.Has(name) {
			scopes = append(scopes, name)
		}
	}
	return scopes, nil
}
