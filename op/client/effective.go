package client

import (
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Offer is what a provider has for a client that nobody configured.
type Offer struct {
	// ResponseTypes are those it offers to every client.
	ResponseTypes []string
	// SigningAlgs are those it has a key for.
	SigningAlgs []string
	// Scopes are all that such a client may have.
	Scopes oauth.Scopes
	// MTLS says that it can show certificates (RFC 8705).
	MTLS bool
	// ForItself lets the client have tokens without a person (client_credentials).
	ForItself bool
}

// Effective is the metadata that comes into effect when this was said: in order, with all defaults (RFC 7591
// section 2, OIDC Dynamic Client Registration section 2). The same metadata always comes to the same, and
// what is in effect comes to itself.
func (m Metadata) Effective(offer Offer) (Metadata, error) {
	setMember(&m.TokenEndpointAuthMethod, oauth.AuthClientSecretBasic)
	setMember(&m.SubjectType, SubjectPublic)
	setMember(&m.IDTokenAlg, keys.RS256)
	if m.ApplicationType == "" {
		m.ApplicationType = m.applicationType()
	}
	if err := m.orderResponses(offer); err != nil {
		return Metadata{}, err
	}
	if err := m.orderScope(offer); err != nil {
		return Metadata{}, err
	}
	if err := m.orderGrants(offer); err != nil {
		return Metadata{}, err
	}
	m.orderEncryption()
	return m, nil
}

func setMember(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

// applicationType is what redirect URIs say that only a program on the person's device may have: clients of
// plain OAuth know no application_type.
func (m Metadata) applicationType() string {
	described := Client{RedirectURIs: m.RedirectURIs}
	if described.Native() {
		return ApplicationNative
	}
	return ApplicationWeb
}

// orderResponses keeps the response types that the provider offers, spelled as registered, each once. None
// stated is code, unless the client uses no grant type that has responses.
func (m *Metadata) orderResponses(offer Offer) error {
	var ordered []string
	for _, sent := range m.ResponseTypes {
		known, ok := oauth.ParseResponseType(sent)
		if ok && slices.Contains(offer.ResponseTypes, known) && !slices.Contains(ordered, known) {
			ordered = append(ordered, known)
		}
	}
	states := len(m.ResponseTypes) > 0
	m.ResponseTypes = ordered
	switch {
	case states && len(ordered) == 0:
		return oauth.InvalidClientMetadata("response_types has none that is offered", nil)
	case states:
		return nil
	case len(m.GrantTypes) == 0 || slices.Contains(m.GrantTypes, oauth.GrantAuthorizationCode):
		if !slices.Contains(offer.ResponseTypes, oauth.ResponseTypeCode) {
			return oauth.InvalidClientMetadata("response_types is missing, and code is not offered", nil)
		}
		m.ResponseTypes = []string{oauth.ResponseTypeCode}
	case slices.Contains(m.GrantTypes, oauth.GrantImplicit):
		return oauth.InvalidClientMetadata("response_types is missing for the grant type implicit", nil)
	}
	return nil
}

// orderGrants keeps the grant types that are offered and that the response types need or leave room for, and
// adds those they need: what the client wants to be answered with decides (RFC 7591 section 2.1).
// refresh_token is added for whoever may have offline_access.
func (m *Metadata) orderGrants(offer Offer) error {
	codes := slices.ContainsFunc(m.ResponseTypes, func(t string) bool { return oauth.Yields(t, "code") })
	implicit := slices.ContainsFunc(m.ResponseTypes, oauth.FrontChannel)
	sent := m.GrantTypes
	devices := slices.Contains(sent, oauth.GrantDeviceCode)
	m.GrantTypes = nil
	if codes {
		m.GrantTypes = append(m.GrantTypes, oauth.GrantAuthorizationCode)
	}
	if implicit {
		m.GrantTypes = append(m.GrantTypes, oauth.GrantImplicit)
	}
	if (codes || devices) && (slices.Contains(sent, oauth.GrantRefreshToken) || m.scopesOf(offer).Has(oauth.ScopeOfflineAccess)) {
		m.GrantTypes = append(m.GrantTypes, oauth.GrantRefreshToken)
	}
	if offer.ForItself && slices.Contains(sent, oauth.GrantClientCredentials) {
		m.GrantTypes = append(m.GrantTypes, oauth.GrantClientCredentials)
	}
	if devices {
		m.GrantTypes = append(m.GrantTypes, oauth.GrantDeviceCode)
	}
	if len(m.GrantTypes) == 0 && !slices.Contains(m.ResponseTypes, oauth.ResponseTypeNone) {
		return oauth.InvalidClientMetadata("grant_types has none that is offered", nil)
	}
	return nil
}

// orderScope keeps the scopes that a registered client may have. One that registers none may have them all,
// those of today and of tomorrow.
func (m *Metadata) orderScope(offer Offer) error {
	if m.Scope == "" {
		return nil
	}
	sent, err := oauth.ParseScopes(m.Scope)
	if err != nil {
		return oauth.InvalidClientMetadata("scope is malformed", err)
	}
	kept := sent.Only(offer.Scopes)
	if len(kept) == 0 {
		return oauth.InvalidClientMetadata("scope has none that a registered client may have", nil)
	}
	m.Scope = kept.String()
	return nil
}

// scopesOf are those a client of this metadata may have.
func (m *Metadata) scopesOf(offer Offer) oauth.Scopes {
	allowed := offer.Scopes
	if m.Scope == "" {
		return allowed
	}
	kept, _ := oauth.ParseScopes(m.Scope) // read before, by orderScope
	return kept.Only(allowed)
}

// orderEncryption sets the content encryption of what is encrypted (OIDC Dynamic Client Registration section 2).
func (m *Metadata) orderEncryption() {
	if m.IDTokenEncryptionAlg != "" {
		setMember(&m.IDTokenEncryptionEnc, keys.A128CBCHS256)
	}
	if m.UserinfoEncryptionAlg != "" {
		setMember(&m.UserinfoEncryptionEnc, keys.A128CBCHS256)
	}
}
