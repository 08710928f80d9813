package guard

import "strings"

// challenge writes WWW-Authenticate (RFC 6750 section 3). Nothing a client sent is ever in it.
type challenge struct {
	realm string
	// parameters follow the error, each with its comma.
	parameters string
}

// with adds a parameter, unless its value is empty.
func (c challenge) with(name, value string) challenge {
	if value != "" {
		c.parameters += `, ` + name + `="` + value + `"`
	}
	return c
}

// plain is the challenge for a request that showed nothing to find fault with.
func (c challenge) plain() string { return `Bearer realm="` + c.realm + `"` + c.parameters }

// because is the challenge for what was wrong.
func (c challenge) because(code, description string) string {
	return `Bearer realm="` + c.realm + `", error="` + code + `", error_description="` + description + `"` + c.parameters
}

// realm is the configured realm or the audience. Both were checked to need no quoting.
func realm(configured, uri string) string {
	if configured != "" {
		return configured
	}
	return uri
}

// challengeText reports whether s may stand between the quotes of a challenge as it is (RFC 9110
// section 5.6.4).
func challengeText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
			return false
		}
	}
	return strings.TrimSpace(s) == s
}
