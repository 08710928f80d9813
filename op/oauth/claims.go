package oauth

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const (
	// maxClaims bounds a claims parameter, in bytes: all standard claims asked for in every way take two
	// thousand or so.
	maxClaims = 8 << 10
	// maxClaimsDepth bounds how deep it nests. Three levels are OpenID Connect's; value may be an object.
	maxClaimsDepth = 8
)

// ClaimsRequest is the claims parameter (OIDC Core section 5.5).
type ClaimsRequest struct {
	// Userinfo are asked for at the userinfo endpoint, IDToken in the ID token.
	Userinfo, IDToken ClaimRequests
}

// ClaimRequests are the claims that are asked for by name, each with what is wanted of it.
type ClaimRequests map[string]ClaimRequest

// ClaimRequest is what is wanted of one claim (OIDC Core section 5.5.1).
type ClaimRequest struct {
	// Essential says that the client cannot well do without it.
	Essential bool
	// Values are those wanted of sub or acr, the preferred first; nil for any. Other claims are told as
	// they are, whatever a client would like them to be.
	Values []string
}

// ParseClaims reads a claims parameter. What OpenID Connect does not define is ignored (OIDC Core section
// 5.5). Text of more than 8 KiB, nested deep, with a name given twice, or with a member of another type than
// it must have is invalid_request. The empty text asks for nothing.
func ParseClaims(text string) (ClaimsRequest, error) {
	if text == "" {
		return ClaimsRequest{}, nil
	}
	if len(text) > maxClaims {
		return ClaimsRequest{}, InvalidRequest("claims is too large", nil)
	}
	read, err := readClaims(text)
	if err != nil {
		return ClaimsRequest{}, InvalidRequest("claims is not a claims request", err)
	}
	return read, nil
}

func readClaims(text string) (read ClaimsRequest, err error) {
	value, err := ReadJSON([]byte(text), maxClaimsDepth)
	if err != nil {
		return ClaimsRequest{}, err
	}
	top, ok := value.(map[string]any)
	if !ok {
		return ClaimsRequest{}, errors.New("is not an object")
	}
	if read.Userinfo, err = readRequests(top, "userinfo"); err != nil {
		return ClaimsRequest{}, err
	}
	if read.IDToken, err = readRequests(top, "id_token"); err != nil {
		return ClaimsRequest{}, err
	}
	return read, nil
}

func readRequests(top map[string]any, place string) (ClaimRequests, error) {
	value, sent := top[place]
	if !sent {
		return nil, nil
	}
	named, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s is not an object", place)
	}
	requests := make(ClaimRequests, len(named))
	for name, wanted := range named {
		one, err := readRequest(name, wanted)
		if err != nil {
			return nil, fmt.Errorf("%s: %.100q %w", place, name, err)
		}
		requests[name] = one
	}
	return requests, nil
}

// readRequest reads what is wanted of one claim: null, which asks in the default manner, or an object.
func readRequest(name string, wanted any) (one ClaimRequest, err error) {
	if wanted == nil {
		return one, nil
	}
	members, ok := wanted.(map[string]any)
	if !ok {
		return one, errors.New("is neither null nor an object")
	}
	if essential, sent := members["essential"]; sent {
		if one.Essential, ok = essential.(bool); !ok {
			return one, errors.New("has an essential that is neither true nor false")
		}
	}
	values, err := readValues(members)
	if err != nil {
		return one, err
	}
	if name == "sub" || name == "acr" {
		one.Values, err = texts(values)
	}
	return one, err
}

// readValues reads value and values. Both at once could be read as either, and a list of none as any.
func readValues(members map[string]any) ([]any, error) {
	value, single := members["value"]
	list, several := members["values"]
	switch {
	case single && several:
		return nil, errors.New("has a value and values")
	case single:
		return []any{value}, nil
	case !several:
		return nil, nil
	}
	values, ok := list.([]any)
	if !ok || len(values) == 0 {
		return nil, errors.New("has values that are no list of some")
	}
	return values, nil
}

func texts(values []any) ([]string, error) {
	var all []string
	for _, value := range values {
		text, ok := value.(string)
		if !ok || text == "" {
			return nil, errors.New("has a value that is no text")
		}
		all = append(all, text)
	}
	return all, nil
}

// Names are the claims asked for, sorted.
func (r ClaimRequests) Names() []string { return slices.Sorted(maps.Keys(r)) }

// SplitClaim takes a claim's name apart into that of the claim and its language tag, "" for none (OIDC Core
// section 5.2).
func SplitClaim(name string) (claim, tag string) {
	claim, tag, _ = strings.Cut(name, "#")
	return claim, tag
}
