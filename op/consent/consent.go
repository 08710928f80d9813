package consent

import (
	"slices"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Consent is what one account has allowed one client.
type Consent struct {
	// ID is new for each consent that follows a withdrawn one; grants name it.
	ID string `json:"id"`
	// Account is the canonical local account name.
	Account  string `json:"account"`
	ClientID string `json:"client_id"`
	// Scopes, Resources, Claims and RedirectURIs are all that was ever approved since it was given.
	Scopes       oauth.Scopes `json:"scopes,omitempty"`
	Resources    []string     `json:"resources,omitempty"`
	Claims       []string     `json:"claims,omitempty"`
	RedirectURIs []string     `json:"redirect_uris,omitempty"`
	// Terms is the digest of what the page said about the client when it was last approved.
	Terms string `json:"terms,omitempty"`
	// GrantedAt is the last approval, UsedAt the last authorization that rested on the consent.
	GrantedAt time.Time `json:"granted_at"`
	UsedAt    time.Time `json:"used_at"`
	// WithdrawnAt is zero while the consent stands.
	WithdrawnAt time.Time `json:"withdrawn_at,omitzero"`

	version int64
}

// Standing reports whether there is a consent and it has not been withdrawn.
func (c *Consent) Standing() bool { return c != nil && c.WithdrawnAt.IsZero() }

// Request is what a client asks for now.
type Request struct {
	// Account and ClientID say between whom.
	Account, ClientID string
	Scopes            oauth.Scopes
	Resources         []string
	// Claims are names, without language tags, of claims asked for beside those that Scopes release (OIDC
	// Core section 5.5).
	Claims []string
	// RedirectURI is where the answer goes, "" for a device: such a request is never covered.
	RedirectURI string
	// Terms is Terms(client) of now.
	Terms string
}

// covers reports whether the consent stands and all that is asked was approved in it.
func (c *Consent) covers(asked Request) bool {
	if !c.Standing() || c.Terms != asked.Terms || !c.Scopes.HasAll(asked.Scopes) {
		return false
	}
	return containsAll(c.Resources, asked.Resources) && containsAll(c.Claims, asked.Claims) && c.returnsTo(asked.RedirectURI)
}

func containsAll(all, some []string) bool {
	return !slices.ContainsFunc(some, func(one string) bool { return !slices.Contains(all, one) })
}

// returnsTo reports whether the redirect was approved. The port of a loopback address is another at each
// run of a program and says nothing (RFC 8252 section 7.3).
func (c *Consent) returnsTo(redirectURI string) bool {
	return slices.ContainsFunc(c.RedirectURIs, func(approved string) bool {
		return oauth.MatchRedirectURI(approved, redirectURI, true)
	})
}
