package resource

import (
	"maps"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// The forms an access token may have.
const (
	TokenJWT    = "jwt"    // RFC 9068
	TokenOpaque = "opaque" // a reference that only this provider can read
)

// Resource is something tokens are made for (RFC 8707 section 2).
type Resource struct {
	// URI is the resource indicator, which becomes the aud of its tokens, spelled as configured.
	URI string
	// Name is what people call it; it may be empty.
	Name string
	// Scopes are owned by this resource: no token for another audience carries them for it.
	Scopes oauth.Scopes
	// Descriptions are what the consent page says about its scopes, where no Scope says it.
	Descriptions map[string]string
	// DefaultScopes are granted when a request names no scope; they are some of Scopes.
	DefaultScopes oauth.Scopes
	// Token is the form of its access tokens: TokenJWT, TokenOpaque, or "" for TokenJWT.
	Token string
	// Claims of the person go with the tokens for this resource: into its JWTs (RFC 9068 section 2.2.3) and
	// into what its servers are told at introspection, whatever the scopes.
	Claims []string
	// AnyClient opens the resource to every client, also to those nobody configured.
	AnyClient bool
	// Bound says what its tokens may have to be bound to.
	Bound Bound
	// Clients are the ids of the clients allowed. When it is empty and AnyClient is not set, those
	// configured clients are allowed whose scopes include one of Scopes.
	Clients []string
	// AuthorizationServers are the issuers that give tokens for it beside this provider, for the resource to tell.
	AuthorizationServers []string
}

// Bound is what a resource tells clients of bound tokens (RFC 9728 section 2). The zero value tells nothing.
type Bound struct {
	// DPoP says that tokens bound to a key are taken, DPoPRequired that no others are (RFC 9449).
	DPoP, DPoPRequired bool
	// Certificate says that tokens bound to a client certificate are taken (RFC 8705).
	Certificate bool
}

// Admits reports whether a client may ask for tokens for the resource. scopes are the client's own and
// configured says that the operator wrote the client down, rather than that it registered itself.
func (r Resource) Admits(clientID string, scopes oauth.Scopes, configured bool) bool {
	switch {
	case r.AnyClient:
		return true
	case len(r.Clients) > 0:
		return slices.Contains(r.Clients, clientID)
	}
	return configured && len(r.Scopes.Only(scopes)) > 0
}

// Equal reports whether both declare the same: then declaring it twice is no mistake.
func (r Resource) Equal(other Resource) bool {
	return r.URI == other.URI && r.Name == other.Name && r.form() == other.form() && r.AnyClient == other.AnyClient && r.Bound == other.Bound &&
		maps.Equal(r.Descriptions, other.Descriptions) && r.Scopes.Equal(other.Scopes) && r.DefaultScopes.Equal(other.DefaultScopes) &&
		oauth.Scopes(r.Claims).Equal(oauth.Scopes(other.Claims)) && oauth.Scopes(r.Clients).Equal(oauth.Scopes(other.Clients)) &&
		slices.Equal(r.AuthorizationServers, other.AuthorizationServers)
}

func (r Resource) form() string {
	if r.Token == "" {
		return TokenJWT
	}
	return r.Token
}

// Scope is what the operator says about a scope.
type Scope struct {
	Name string
	// Description is shown on the consent page.
	Description string
	// Claims of the person that the scope releases, beside those OpenID Connect defines.
	Claims []string
	// AnyClient lets clients that registered themselves have the scope, beside the configured ones that name it.
	AnyClient bool
	// Clients are the ids of the only configured clients that may have it; none stated means all that name it.
	Clients []string
}
