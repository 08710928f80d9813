package conformance

import (
	"slices"
	"testing"
)

// profile runs the modules for each response type in one mode.
func profile(t *testing.T, mode string, responseTypes ...string) {
	t.Helper()
	p := open(t)
	for _, responseType := range responseTypes {
		t.Run(responseType, func(t *testing.T) {
			t.Parallel() // some modules wait for another second
			for _, m := range modules {
				r := p.run(t, responseType, mode)
				if m.applies(r) {
					t.Run(m.name, func(t *testing.T) { m.run(t, r) })
				}
			}
		})
	}
}

// The response types of each profile.
var (
	basic    = []string{"code"}
	implicit = []string{"id_token", "id_token token"}
	hybrid   = []string{"code id_token", "code token", "code id_token token"}
)

func TestBasicProfile(t *testing.T) { profile(t, "", basic...) }

func TestImplicitProfile(t *testing.T) { profile(t, "", implicit...) }

func TestHybridProfile(t *testing.T) { profile(t, "", hybrid...) }

func TestFormPostProfile(t *testing.T) {
	profile(t, "form_post", slices.Concat(basic, implicit, hybrid)...)
}
