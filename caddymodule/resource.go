package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
)

// anyClient stands among clients for "every client there is".
const anyClient = "any"

// Resource declares something that access tokens are meant for (RFC 8707). A guard declares its own; this
// form is for resources that are guarded elsewhere, or by several guards.
type Resource struct {
	// The resource indicator, an absolute URI. It is the audience of its tokens.
	URI string `json:"uri"`

	// What the consent page calls the resource.
	Name string `json:"name,omitempty"`

	// The scopes that exist at this resource.
	Scopes []string `json:"scopes,omitempty"`

	// The scopes a client gets that asks for none.
	DefaultScopes []string `json:"default_scopes,omitempty"`

	// The format of the access tokens: `jwt` (RFC 9068) or `opaque`. Default: `jwt`.
	Token string `json:"token,omitempty"`

	// The claims of the person that go with the tokens for this resource, whatever their scopes: into JWTs,
	// where the client sees them too, and into the answers its servers get at introspection. A token for
	// several resources has those that each of them lists.
	Claims []string `json:"claims,omitempty"`

	// The clients that may get tokens for this resource, or `any`. Default: the configured clients whose
	// scopes include one of the resource's.
	Clients []string `json:"clients,omitempty"`
}

// UnmarshalCaddyfile reads a resource. Syntax:
//
//	resource <uri> {
//		name           <name>
//		scopes         <scopes...>
//		default_scopes <scopes...>
//		token          jwt|opaque
//		claims         <claims...>
//		clients        any|<clients...>
//	}
func (r *Resource) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	if !d.NextArg() {
		return d.ArgErr()
	}
	r.URI = d.Val()
	if d.NextArg() {
		return d.ArgErr()
	}
	return readBlock(d, "resource "+r.URI, words{
		"name":           text(&r.Name),
		"scopes":         list(&r.Scopes),
		"default_scopes": list(&r.DefaultScopes),
		"token":          oneOf(&r.Token, "jwt", "opaque"),
		"claims":         list(&r.Claims),
		"clients":        list(&r.Clients),
	})
}

// config translates the resource.
func (r *Resource) config() resource.Resource {
	translated := resource.Resource{
		URI:           r.URI,
		Name:          r.Name,
		Scopes:        oauth.Scopes(r.Scopes),
		DefaultScopes: oauth.Scopes(r.DefaultScopes),
		Token:         r.Token,
		Claims:        r.Claims,
	}
	translated.AnyClient, translated.Clients = clientList(r.Clients)
	return translated
}

// clientList splits `any` off a list of clients.
func clientList(names []string) (everybody bool, ids []string) {
	for _, id := range names {
		if id == anyClient {
			everybody = true
			continue
		}
		ids = append(ids, id)
	}
	return everybody, ids
}

// Scope describes a scope in the operator's words.
type Scope struct {
	// The scope, as clients ask for it.
	Name string `json:"name"`

	// What the consent page says the scope allows.
	Description string `json:"description,omitempty"`

	// The claims of the user that the scope releases, beside those of the standard scopes.
	Claims []string `json:"claims,omitempty"`

	// The only configured clients that may have the scope, or `any` to let clients have it that register
	// themselves. Default: the configured clients that name it.
	Clients []string `json:"clients,omitempty"`
}

// UnmarshalCaddyfile reads a scope. Syntax:
//
//	scope <name> {
//		description <text>
//		claims      <claims...>
//		clients     any|<clients...>
//	}
func (s *Scope) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	if !d.NextArg() {
		return d.ArgErr()
	}
	s.Name = d.Val()
	if d.NextArg() {
		return d.ArgErr()
	}
	return readBlock(d, "scope "+s.Name, words{
		"description": text(&s.Description),
		"claims":      list(&s.Claims),
		"clients":     list(&s.Clients),
	})
}

// config translates the scope.
func (s *Scope) config() resource.Scope {
	translated := resource.Scope{Name: s.Name, Description: s.Description, Claims: s.Claims}
	translated.AnyClient, translated.Clients = clientList(s.Clients)
	return translated
}

// Interface guards
var (
	_ caddyfile.Unmarshaler = (*Resource)(nil)
	_ caddyfile.Unmarshaler = (*Scope)(nil)
)
