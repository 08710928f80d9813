package client

import (
	"fmt"
	"slices"
	"strings"
)

// faults collects everything that is wrong, so that an operator sees it all at once.
type faults struct{ list []error }

func (f *faults) add(format string, args ...any) {
	f.list = append(f.list, fmt.Errorf(format, args...))
}

func (f *faults) oneOf(field, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		some := slices.DeleteFunc(slices.Clone(allowed), func(one string) bool { return one == "" })
		f.add("%s: %q is not supported: %s", field, value, strings.Join(some, ", "))
	}
}

func (f *faults) each(field string, values []string, allowed ...string) {
	for i, value := range values {
		f.oneOf(field, value, allowed...)
		f.once(field, values[:i], value)
	}
}

// once finds a value that is among those before it.
func (f *faults) once(field string, before []string, value string) {
	if slices.Contains(before, value) {
		f.add("%s: %q is named twice", field, value)
	}
}
