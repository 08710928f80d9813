package oauth

import (
	"maps"
	"net/url"
	"slices"
)

// maxParams bounds the parameters of one request; the specifications together define fewer than 60.
const maxParams = 1000

// Params are the parameters of one request, each present at most once but for the repeatable ones.
type Params struct {
	values     url.Values
	repeatable []string
}

// NewParams reads decoded parameters by RFC 6749 section 3.1: one without a value counts as omitted
// and one that is repeated is invalid_request, unless it is named repeatable (`resource`, RFC 8707).
// With that error come those that are not repeated, for who has to tell it to a client they name.
func NewParams(v url.Values, repeatable ...string) (Params, error) {
	if len(v) > maxParams {
		return Params{}, InvalidRequest("too many parameters", nil)
	}
	kept := make(url.Values, len(v))
	var err error
	for name, values := range v {
		if len(values) > maxParams {
			return Params{}, InvalidRequest("too many parameters", nil)
		}
		if len(values) > 1 && !slices.Contains(repeatable, name) {
			err = InvalidRequest("a parameter is repeated", nil)
			continue
		}
		if slices.ContainsFunc(values, isEmpty) {
			values = slices.DeleteFunc(slices.Clone(values), isEmpty)
		}
		if len(values) > 0 {
			kept[name] = slices.Clip(values)
		}
	}
	return Params{values: kept, repeatable: repeatable}, err
}

func isEmpty(s string) bool { return s == "" }

// Get returns the parameter's value, "" when it was omitted.
func (p Params) Get(name string) string { return p.values.Get(name) }

// All returns every value of a repeatable parameter, in order.
func (p Params) All(name string) []string { return slices.Clone(p.values[name]) }

// Has reports whether the parameter was sent with a value.
func (p Params) Has(name string) bool { return len(p.values[name]) > 0 }

// Without returns the parameters but for those named.
func (p Params) Without(names ...string) Params {
	kept := maps.Clone(p.values)
	for _, name := range names {
		delete(kept, name)
	}
	return Params{values: kept, repeatable: p.repeatable}
}

// Values returns a copy of all parameters.
func (p Params) Values() url.Values {
	copied := make(url.Values, len(p.values))
	for name, values := range p.values {
		copied[name] = slices.Clone(values)
	}
	return copied
}
