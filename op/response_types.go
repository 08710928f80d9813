package op

import (
	"fmt"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// checkResponseTypes wants every response type known, in its registered spelling and once.
func checkResponseTypes(offered []string) error {
	for i, responseType := range offered {
		switch {
		case !slices.Contains(oauth.ResponseTypes, responseType):
			return fmt.Errorf("%q is not supported", responseType)
		case slices.Contains(offered[:i], responseType):
			return fmt.Errorf("%q is named twice", responseType)
		}
	}
	return nil
}

// responseTypes are all that somebody may use here: what the provider offers to everybody, and what configured
// clients have beyond it. Metadata names exactly these.
func (c Config) responseTypes() []string {
	return slices.DeleteFunc(slices.Clone(oauth.ResponseTypes), func(responseType string) bool {
		return !slices.Contains(c.ResponseTypes, responseType) && !slices.ContainsFunc(c.Clients, func(configured *Client) bool {
			return !configured.Disabled && configured.AllowsResponseType(responseType)
		})
	})
}
