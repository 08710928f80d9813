package client

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Metadata is what a client says of itself when it registers, in the names of RFC 7591 section 2, OIDC Dynamic
// Client Registration section 2 and the logout specifications. Its JSON has exactly these members; what is
// not among them is neither read nor kept, so that no registration can bring in what only an operator gives.
type Metadata struct {
	RedirectURIs               []string
	TokenEndpointAuthMethod    string
	TokenEndpointAuthAlg       string
	GrantTypes                 []string
	ResponseTypes              []string
	ApplicationType            string
	Contacts                   []string
	ClientName                 string
	LogoURI                    string
	ClientURI                  string
	PolicyURI                  string
	TOSURI                     string
	Scope                      string
	JWKSURI                    string
	JWKS                       json.RawMessage
	SoftwareID                 string
	SoftwareVersion            string
	SectorIdentifierURI        string
	SubjectType                string
	IDTokenAlg                 string
	IDTokenEncryptionAlg       string
	IDTokenEncryptionEnc       string
	UserinfoAlg                string
	UserinfoEncryptionAlg      string
	UserinfoEncryptionEnc      string
	IntrospectionAlg           string
	IntrospectionEncryptionAlg string
	IntrospectionEncryptionEnc string
	RequestObjectAlg           string
	RequestURIs                []string
	// DefaultMaxAge is in seconds.
	DefaultMaxAge    *int64
	RequireAuthTime  *bool
	DefaultACRValues []string
	InitiateLoginURI string
	// DPoPBound is dpop_bound_access_tokens (RFC 9449 section 5.2), CertificateBound is
	// tls_client_certificate_bound_access_tokens (RFC 8705 section 3.4).
	DPoPBound, CertificateBound *bool
	// Certificate has the members tls_client_auth_… (RFC 8705 section 2.1.2).
	Certificate CertificateSubject
	// OpenID Connect RP-Initiated, Front-Channel and Back-Channel Logout.
	PostLogoutRedirectURIs            []string
	FrontchannelLogoutURI             string
	FrontchannelLogoutSessionRequired *bool
	BackchannelLogoutURI              string
	BackchannelLogoutSessionRequired  *bool
	// Localized are the members for people in other languages, by member name and language tag:
	// client_name#ja (OIDC Dynamic Client Registration section 2.1).
	Localized map[string]string
}

// member is one member of Metadata: its name, and a pointer to its field.
type member struct {
	name  string
	field any
}

// members are all of them but those of Localized.
func (m *Metadata) members() []member {
	return []member{
		{"redirect_uris", &m.RedirectURIs},
		{"token_endpoint_auth_method", &m.TokenEndpointAuthMethod},
		{"token_endpoint_auth_signing_alg", &m.TokenEndpointAuthAlg},
		{"grant_types", &m.GrantTypes},
		{"response_types", &m.ResponseTypes},
		{"application_type", &m.ApplicationType},
		{"contacts", &m.Contacts},
		{"client_name", &m.ClientName},
		{"logo_uri", &m.LogoURI},
		{"client_uri", &m.ClientURI},
		{"policy_uri", &m.PolicyURI},
		{"tos_uri", &m.TOSURI},
		{"scope", &m.Scope},
		{"jwks_uri", &m.JWKSURI},
		{"jwks", &m.JWKS},
		{"software_id", &m.SoftwareID},
		{"software_version", &m.SoftwareVersion},
		{"sector_identifier_uri", &m.SectorIdentifierURI},
		{"subject_type", &m.SubjectType},
		{"id_token_signed_response_alg", &m.IDTokenAlg},
		{"id_token_encrypted_response_alg", &m.IDTokenEncryptionAlg},
		{"id_token_encrypted_response_enc", &m.IDTokenEncryptionEnc},
		{"userinfo_signed_response_alg", &m.UserinfoAlg},
		{"userinfo_encrypted_response_alg", &m.UserinfoEncryptionAlg},
		{"userinfo_encrypted_response_enc", &m.UserinfoEncryptionEnc},
		{"introspection_signed_response_alg", &m.IntrospectionAlg},
		{"introspection_encrypted_response_alg", &m.IntrospectionEncryptionAlg},
		{"introspection_encrypted_response_enc", &m.IntrospectionEncryptionEnc},
		{"request_object_signing_alg", &m.RequestObjectAlg},
		{"request_uris", &m.RequestURIs},
		{"default_max_age", &m.DefaultMaxAge},
		{"require_auth_time", &m.RequireAuthTime},
		{"default_acr_values", &m.DefaultACRValues},
		{"initiate_login_uri", &m.InitiateLoginURI},
		{"dpop_bound_access_tokens", &m.DPoPBound},
		{"tls_client_certificate_bound_access_tokens", &m.CertificateBound},
		{"tls_client_auth_subject_dn", &m.Certificate.DN},
		{"tls_client_auth_san_dns", &m.Certificate.DNS},
		{"tls_client_auth_san_uri", &m.Certificate.URI},
		{"tls_client_auth_san_ip", &m.Certificate.IP},
		{"tls_client_auth_san_email", &m.Certificate.Email},
		{"post_logout_redirect_uris", &m.PostLogoutRedirectURIs},
		{"frontchannel_logout_uri", &m.FrontchannelLogoutURI},
		{"frontchannel_logout_session_required", &m.FrontchannelLogoutSessionRequired},
		{"backchannel_logout_uri", &m.BackchannelLogoutURI},
		{"backchannel_logout_session_required", &m.BackchannelLogoutSessionRequired},
	}
}

// localizable are the members that people read, which may be there in several languages.
var localizable = []string{memberName, memberLogo, memberClient, memberPolicy, memberTOS}

// ReadMetadata takes the metadata out of the members of a JSON object. Members it does not know are ignored,
// and those that are null count as absent (RFC 7592 section 2.2). A member of the wrong type is
// invalid_redirect_uri or invalid_client_metadata (RFC 7591 section 3.2.2), and so is one whose name is a
// known one in other letters: some reader would take it for that.
func ReadMetadata(object map[string]json.RawMessage) (Metadata, error) {
	var m Metadata
	known := make(map[string]any)
	for _, one := range m.members() {
		known[one.name] = one.field
	}
	for name, value := range object {
		field, found := known[name]
		switch {
		case string(value) == "null":
		case found:
			if err := json.Unmarshal(value, field); err != nil {
				return Metadata{}, badMember(name, "has the wrong type", err)
			}
		case known[strings.ToLower(name)] != nil:
			return Metadata{}, badMember(strings.ToLower(name), "is spelled with other letters", nil)
		default:
			if err := m.readLocalized(name, value); err != nil {
				return Metadata{}, err
			}
		}
	}
	return m, nil
}

// readLocalized takes a member whose name ends in a language tag.
func (m *Metadata) readLocalized(name string, value json.RawMessage) error {
	base, tag, tagged := strings.Cut(name, "#")
	if !tagged || !slices.Contains(localizable, base) {
		return nil
	}
	if !oauth.ValidLocale(tag) {
		return badMember(base, "has a form whose language tag is malformed", nil)
	}
	var text string
	if err := json.Unmarshal(value, &text); err != nil {
		return badMember(base, "has a form of the wrong type", err)
	}
	if text == "" {
		return nil
	}
	if m.Localized == nil {
		m.Localized = make(map[string]string)
	}
	m.Localized[name] = text
	return nil
}

// badMember refuses one member; its name is one of ours, so that no input gets into the description.
func badMember(name, fault string, cause error) error {
	if name == "redirect_uris" {
		return oauth.InvalidRedirectURI(name+" "+fault, cause)
	}
	return oauth.InvalidClientMetadata(name+" "+fault, cause)
}

// Members are those that are there, by name: what a registration is answered with, and kept as.
func (m Metadata) Members() map[string]any {
	object := make(map[string]any)
	for _, one := range m.members() {
		if field := reflect.ValueOf(one.field).Elem(); !isEmpty(field) {
			object[one.name] = field.Interface()
		}
	}
	for name, text := range m.Localized {
		object[name] = text
	}
	return object
}

func isEmpty(field reflect.Value) bool {
	return field.IsZero() || field.Kind() == reflect.Slice && field.Len() == 0
}

// MarshalJSON writes Members.
func (m Metadata) MarshalJSON() ([]byte, error) { return json.Marshal(m.Members()) }

// UnmarshalJSON is ReadMetadata, for what was stored.
func (m *Metadata) UnmarshalJSON(text []byte) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		return err
	}
	read, err := ReadMetadata(object)
	*m = read
	return err
}

// Client is the client of that id which the metadata describes, without secrets. allowed are the scopes it may
// have at all: those it registered narrow them down, and without any it may have every one.
func (m Metadata) Client(id string, allowed oauth.Scopes) (*Client, error) {
	scopes := slices.Clone(allowed)
	if m.Scope != "" {
		registered, err := oauth.ParseScopes(m.Scope)
		if err != nil {
			return nil, err
		}
		scopes = registered.Only(allowed)
	}
	c := &Client{
		ID: id, Name: m.ClientName, ApplicationType: m.ApplicationType, AuthMethods: []string{m.TokenEndpointAuthMethod},
		AuthSigningAlg: m.TokenEndpointAuthAlg, RedirectURIs: m.RedirectURIs,
		PostLogoutRedirectURIs: m.PostLogoutRedirectURIs, GrantTypes: m.GrantTypes,
		ResponseTypes: m.ResponseTypes, Scopes: scopes, LogoURI: m.LogoURI, PolicyURI: m.PolicyURI, TOSURI: m.TOSURI,
		ClientURI: m.ClientURI, Localized: maps.Clone(m.Localized), Contacts: m.Contacts,
		SubjectType: m.SubjectType, SectorIdentifierURI: m.SectorIdentifierURI, JWKS: m.JWKS, JWKSURI: m.JWKSURI,
		IDToken:  Protection{Alg: m.IDTokenAlg, EncryptionAlg: m.IDTokenEncryptionAlg, EncryptionEnc: m.IDTokenEncryptionEnc},
		Userinfo: Protection{Alg: m.UserinfoAlg, EncryptionAlg: m.UserinfoEncryptionAlg, EncryptionEnc: m.UserinfoEncryptionEnc},
		Introspection: Protection{
			Alg: m.IntrospectionAlg, EncryptionAlg: m.IntrospectionEncryptionAlg, EncryptionEnc: m.IntrospectionEncryptionEnc,
		},
		RequestObjectAlg: m.RequestObjectAlg, RequestURIs: m.RequestURIs,
		RequireAuthTime: m.RequireAuthTime != nil && *m.RequireAuthTime, DefaultACRValues: m.DefaultACRValues,
		InitiateLoginURI: m.InitiateLoginURI, FrontchannelLogoutURI: m.FrontchannelLogoutURI,
		FrontchannelLogoutSessionRequired: m.FrontchannelLogoutSessionRequired != nil && *m.FrontchannelLogoutSessionRequired,
		BackchannelLogoutURI:              m.BackchannelLogoutURI,
		BackchannelLogoutSessionRequired:  m.BackchannelLogoutSessionRequired != nil && *m.BackchannelLogoutSessionRequired,
		DPoPBound:                         m.DPoPBound != nil && *m.DPoPBound,
		CertificateBound:                  m.CertificateBound != nil && *m.CertificateBound, Certificate: m.Certificate,
	}
	if m.DefaultMaxAge != nil {
		seconds := time.Duration(min(max(*m.DefaultMaxAge, 0), maxMaxAge)) * time.Second
		c.DefaultMaxAge = &seconds
	}
	c.named()
	return c, nil
}

// maxMaxAge keeps a max_age a length of time, in seconds: a hundred years.
const maxMaxAge = 100 * 365 * 24 * 60 * 60
