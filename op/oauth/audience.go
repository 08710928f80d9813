package oauth

import (
	"encoding/json"
	"errors"
	"slices"
)

// Audience is the aud claim: one string, or several in an array (RFC 7519 section 4.1.3).
type Audience []string

// MarshalJSON writes the shorter form where it can.
func (a Audience) MarshalJSON() ([]byte, error) {
	if len(a) == 1 {
		return json.Marshal(a[0])
	}
	return json.Marshal([]string(a))
}

// UnmarshalJSON reads both forms. It refuses numbers, objects, nested lists and empty names: a claim of
// the wrong type is not a claim.
func (a *Audience) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*a = Audience{one}
	} else if err := json.Unmarshal(data, (*[]string)(a)); err != nil {
		return err
	}
	if slices.Contains(*a, "") {
		return errors.New("an audience is empty")
	}
	return nil
}
