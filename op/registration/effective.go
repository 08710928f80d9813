package registration

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// readEffective reads the metadata of a request: the object as it was sent, and what of it comes into effect.
func (e *Endpoint) readEffective(w http.ResponseWriter, r *http.Request) (map[string]json.RawMessage, client.Metadata, error) {
	object, err := web.Object(w, r)
	if err != nil {
		return nil, client.Metadata{}, err
	}
	sent, err := client.ReadMetadata(object)
	if err != nil {
		return nil, client.Metadata{}, err
	}
	effective, err := e.effective(sent)
	return object, effective, err
}

// effective is the metadata that comes into effect when this was sent: in order, with all defaults (RFC 7591
// section 2, OIDC Dynamic Client Registration section 2). The same metadata always comes to the same, and
// what is in effect comes to itself.
func (e *Endpoint) effective(m client.Metadata) (client.Metadata, error) {
	setDefault(&m.TokenEndpointAuthMethod, oauth.AuthClientSecretBasic)
	setDefault(&m.SubjectType, client.SubjectPublic)
	setDefault(&m.IDTokenAlg, keys.RS256)
	if m.ApplicationType == "" {
		m.ApplicationType = applicationType(m)
	}
	if err := e.orderResponses(&m); err != nil {
		return client.Metadata{}, err
	}
	if err := e.orderScope(&m); err != nil {
		return client.Metadata{}, err
	}
	if err := e.orderGrants(&m); err != nil {
		return client.Metadata{}, err
	}
	orderEncryption(&m)
	return m, nil
}

func setDefault(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

// applicationType is what redirect URIs say that only a program on the person's device may have: clients of
// plain OAuth know no application_type.
func applicationType(m client.Metadata) string {
	described := client.Client{RedirectURIs: m.RedirectURIs}
	if described.Native() {
		return client.ApplicationNative
	}
	return client.ApplicationWeb
}

// orderResponses keeps the response types that the provider offers, spelled as registered, each once. None
// stated is code, unless the client uses no grant type that has responses.
func (e *Endpoint) orderResponses(m *client.Metadata) error {
	var ordered []string
	for _, sent := range m.ResponseTypes {
		known, ok := oauth.ParseResponseType(sent)
		if ok && slices.Contains(e.Abilities.ResponseTypes, known) && !slices.Contains(ordered, known) {
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
		if !slices.Contains(e.Abilities.ResponseTypes, oauth.ResponseTypeCode) {
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
func (e *Endpoint) orderGrants(m *client.Metadata) error {
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
	if (codes || devices) && (slices.Contains(sent, oauth.GrantRefreshToken) || e.scopes(*m).Has(oauth.ScopeOfflineAccess)) {
		m.GrantTypes = append(m.GrantTypes, oauth.GrantRefreshToken)
	}
	if e.ownGrant(*m) && slices.Contains(sent, oauth.GrantClientCredentials) {
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

// ownGrant reports whether a client may have tokens for itself. Where strangers register it may not: a resource
// that is open to all clients would be open to them without anybody having signed in.
func (e *Endpoint) ownGrant(m client.Metadata) bool {
	return !e.Policy.open() && m.TokenEndpointAuthMethod != oauth.AuthNone
}

// orderScope keeps the scopes that a registered client may have. One that registers none may have them all,
// those of today and of tomorrow.
func (e *Endpoint) orderScope(m *client.Metadata) error {
	if m.Scope == "" {
		return nil
	}
	sent, err := oauth.ParseScopes(m.Scope)
	if err != nil {
		return oauth.InvalidClientMetadata("scope is malformed", err)
	}
	kept := sent.Only(e.Registrations.Scopes)
	if len(kept) == 0 {
		return oauth.InvalidClientMetadata("scope has none that a registered client may have", nil)
	}
	m.Scope = kept.String()
	return nil
}

// scopes are those a client of this metadata may have.
func (e *Endpoint) scopes(m client.Metadata) oauth.Scopes {
	allowed := e.Registrations.Scopes
	if m.Scope == "" {
		return allowed
	}
	kept, _ := oauth.ParseScopes(m.Scope) // read before, by orderScope
	return kept.Only(allowed)
}

// orderEncryption sets the content encryption of what is encrypted (OIDC Dynamic Client Registration section 2).
func orderEncryption(m *client.Metadata) {
	if m.IDTokenEncryptionAlg != "" {
		setDefault(&m.IDTokenEncryptionEnc, keys.A128CBCHS256)
	}
	if m.UserinfoEncryptionAlg != "" {
		setDefault(&m.UserinfoEncryptionEnc, keys.A128CBCHS256)
	}
}
