package guard

import (
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// audience is what tokens must be meant for (RFC 7519 section 4.1.3).
type audience struct {
	configured string
	normalized string
	host       string // "" for a URN
}

func newAudience(uri string) (audience, error) {
	normalized, err := oauth.NormalizeResource(uri)
	return audience{configured: uri, normalized: normalized, host: hostOf(uri)}, err
}

// in reports whether a token's audience names this one. The provider may spell it otherwise, when its
// own configuration declares the resource; then both are compared as RFC 8707 resources are.
func (a audience) in(of []string) bool {
	if slices.Contains(of, a.configured) {
		return true
	}
	for _, uri := range of {
		if normalized, err := oauth.NormalizeResource(uri); err == nil && normalized == a.normalized {
			return true
		}
	}
	return false
}
