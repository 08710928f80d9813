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
func NewParams(v url.Values, repeatable ...string) (Params, error) {
	if len(v) > maxParams {
		return Params{}, InvalidRequest("too many parameters", nil)
	}
	kept := make(url.Values, len(v))
	for name, values := range v {
		if len(values) > 1 && !slices.Contains(repeatable, name) {
			return Params{}, InvalidRequest("a parameter is repeated", nil)
		}
		if len(values) > maxParams {
			return Params{}, InvalidRequest("too many parameters", nil)
		}
		if values = slices.DeleteFunc(slices.Clone(values), isEmpty); len(values) > 0 {
			kept[name] = values
		}
	}
	return Params{values: kept, repeatable: repeatable}, nil
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
