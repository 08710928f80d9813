package op

import (
	"fmt"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Warnings names what is allowed but hardly meant. It needs the whole set of resources, so it is
// asked once everybody who declares one has done so.
func (c Config) Warnings() []string {
	var warnings []string
	for _, configured := range c.Clients {
		for _, uri := range configured.Introspect {
			if !c.declares(uri) {
				warnings = append(warnings, fmt.Sprintf("client %s: introspect: nobody declares the resource %s", configured.ID, uri))
			}
		}
		if uri := configured.DefaultResource; uri != "" && !c.declares(uri) {
			warnings = append(warnings, fmt.Sprintf("client %s: default_resource: nobody declares the resource %s", configured.ID, uri))
		}
		for _, name := range configured.Scopes {
			if !oauth.IdentityScope(name) && !slices.ContainsFunc(c.Resources, func(r Resource) bool { return r.Scopes.Has(name) }) {
				warnings = append(warnings, fmt.Sprintf("client %s: scopes: no resource has the scope %s", configured.ID, name))
			}
		}
	}
	for _, r := range c.Resources {
		if !slices.ContainsFunc(c.Clients, func(configured *Client) bool {
			return !configured.Disabled && r.Admits(configured.ID, configured.Scopes, true)
		}) {
			warnings = append(warnings, fmt.Sprintf("resource %s: no configured client can get a token for it; give it a scope that a client has, or name its clients", r.URI))
		}
	}
	return warnings
}

func (c Config) declares(uri string) bool {
	wanted, err := oauth.NormalizeResource(uri)
	return err == nil && slices.ContainsFunc(c.Resources, func(r Resource) bool {
		declared, err := oauth.NormalizeResource(r.URI)
		return err == nil && declared == wanted
	})
}
