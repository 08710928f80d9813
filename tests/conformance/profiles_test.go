package conformance

import "testing"

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

func TestBasicProfile(t *testing.T) { profile(t, "", "code") }

func TestFormPostProfile(t *testing.T) { profile(t, "form_post", "code") }
