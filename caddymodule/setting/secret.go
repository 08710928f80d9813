package setting

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/caddyserver/caddy/v2"
)

// Redacted stands wherever a Secret is printed.
const Redacted = "REDACTED"

// Secret is a configured secret as it was written, usually a placeholder such as {env.X} or {file./path}. It
// goes into JSON as it was written, because the adapted configuration must load again; everywhere else it
// prints as REDACTED.
type Secret string

// String returns REDACTED, so that no log line or error shows the secret by accident.
func (Secret) String() string { return Redacted }

// GoString returns REDACTED for the verb %#v.
func (Secret) GoString() string { return Redacted }

// OnePlaceholder matches a value that is a reference and nothing else: naming it in an error gives nothing
// away.
var OnePlaceholder = regexp.MustCompile(`^\{[a-z_]+\.[^{}]+\}$`)

// Resolve replaces the placeholders of s, once and for the life of the configuration. A placeholder that is
// unknown or empty is an error: an unset environment variable must never become an empty secret. The error
// names the placeholder only when s is nothing but one.
func (s Secret) Resolve() (string, error) {
	if s == "" {
		return "", errors.New("a secret is empty")
	}
	resolved, err := caddy.NewReplacer().ReplaceOrErr(string(s), true, true)
	switch {
	case err != nil && OnePlaceholder.MatchString(string(s)):
		return "", fmt.Errorf("%s is not set, empty or unknown", string(s))
	case err != nil:
		return "", errors.New("a placeholder in it is not set, empty or unknown (write \\{ for a literal brace)")
	case resolved == "":
		return "", errors.New("a secret is empty")
	}
	return resolved, nil
}

// ResolvePath replaces the placeholders of a configured path; errors may name it, since a path is no secret.
func ResolvePath(path string) (string, error) {
	return caddy.NewReplacer().ReplaceOrErr(path, true, true)
}

// Interface guards
var (
	_ fmt.Stringer   = Secret("")
	_ fmt.GoStringer = Secret("")
)
