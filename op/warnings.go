package op

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/web"
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
		for _, acr := range configured.DefaultACRValues {
			if !signin.CanGive(acr) {
				warnings = append(warnings, fmt.Sprintf("client %s: default_acr_values: no sign-in here is %s; there are: %s", configured.ID, acr,
					strings.Join(signin.ACRValues(), ", ")))
			}
		}
		if uri := configured.FrontchannelLogoutURI; uri != "" && web.Origin(uri) == web.Origin(c.Issuer) {
			warnings = append(warnings, fmt.Sprintf("client %s: frontchannel_logout_uri: is on the issuer's own origin, where a frame keeps nothing in, and is never loaded", configured.ID))
		}
		if unrefreshed(configured) {
			warnings = append(warnings, fmt.Sprintf("client %s: grant_types: refresh_token is of no use when people sign in: "+
				"add the scope offline_access, which the client then asks for with prompt=consent, or say refresh always", configured.ID))
		}
		for _, name := range configured.Scopes {
			if !c.knowsScope(name) {
				warnings = append(warnings, fmt.Sprintf("client %s: scopes: no resource has the scope %s", configured.ID, name))
			}
		}
	}
	for _, prefix := range c.Outbound.Allow {
		if prefix.Bits() == 0 {
			warnings = append(warnings, fmt.Sprintf("outbound: allow: %s lets whoever has a client make the provider call every address of your network; name those it needs", prefix))
		}
	}
	if len(c.Outbound.Allow) > 0 && c.MetadataDocuments.On && len(c.MetadataDocuments.Allow) == 0 {
		warnings = append(warnings, "outbound: allow: whoever describes a client in a document can name these addresses for its keys and sign-outs; "+
			"say with metadata_documents allow where documents may be")
	}
	for _, r := range c.Resources {
		if r.AnyClient && c.opens() || c.hasSite(r.URI) {
			continue // whoever comes can get one, or people come by browser
		}
		if !slices.ContainsFunc(c.Clients, func(configured *Client) bool {
			return !configured.Disabled && r.Admits(configured.ID, configured.Scopes, true)
		}) {
			warnings = append(warnings, fmt.Sprintf("resource %s: no configured client can get a token for it; give it a scope that a client has, or name its clients", r.URI))
		}
	}
	return warnings
}

// unrefreshed tells of a client that wants to refresh but can get no refresh token by OpenID Connect (OIDC
// Core section 11).
func unrefreshed(c *Client) bool {
	return slices.Contains(c.GrantTypes, oauth.GrantRefreshToken) && c.Refresh != client.RefreshAlways &&
		c.Scopes.Has(oauth.ScopeOpenID) && !c.Scopes.Has(oauth.ScopeOfflineAccess)
}

func (c Config) declares(uri string) bool {
	wanted, err := oauth.NormalizeResource(uri)
	return err == nil && slices.ContainsFunc(c.Resources, func(r Resource) bool {
		declared, err := oauth.NormalizeResource(r.URI)
		return err == nil && declared == wanted
	})
}

// knowsScope tells whether a scope leads to anything: a resource, or claims at userinfo.
func (c Config) knowsScope(name string) bool {
	return oauth.IdentityScope(name) ||
		slices.ContainsFunc(c.Resources, func(r Resource) bool { return r.Scopes.Has(name) }) ||
		slices.ContainsFunc(c.Scopes, func(s Scope) bool { return s.Name == name && len(s.Claims) > 0 })
}
