package discovery

import (
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

// metadata is the document (OIDC Discovery section 3, RFC 8414 section 2, RFC 9207 section 3, RFC 8628 section 4,
// OpenID Connect RP-Initiated Logout section 2.1, Front-Channel Logout section 3, Back-Channel Logout section 2.1, Session
// Management section 3.3, draft-ietf-oauth-client-id-metadata-document section 5).
type metadata struct {
	Issuer                string `json:"issuer"`
	AuthorizationEndpoint string `json:"authorization_endpoint"`
	TokenEndpoint         string `json:"token_endpoint"`
	UserinfoEndpoint      string `json:"userinfo_endpoint"`
	JWKSURI               string `json:"jwks_uri"`
	IntrospectionEndpoint string `json:"introspection_endpoint"`
	RevocationEndpoint    string `json:"revocation_endpoint"`
	RegistrationEndpoint  string `json:"registration_endpoint,omitempty"`
	EndSessionEndpoint    string `json:"end_session_endpoint"`
	DeviceEndpoint        string `json:"device_authorization_endpoint"`
	CheckSessionIframe    string `json:"check_session_iframe"`

	ScopesSupported        oauth.Scopes   `json:"scopes_supported"`
	ResponseTypesSupported []string       `json:"response_types_supported"`
	ResponseModesSupported []string       `json:"response_modes_supported"`
	GrantTypesSupported    []string       `json:"grant_types_supported"`
	SubjectTypesSupported  []string       `json:"subject_types_supported"`
	PromptValuesSupported  []oauth.Prompt `json:"prompt_values_supported"`
	ACRValuesSupported     []string       `json:"acr_values_supported"`
	ClaimsSupported        []string       `json:"claims_supported"`
	ClaimTypesSupported    []string       `json:"claim_types_supported"`
	ClaimsLocales          []string       `json:"claims_locales_supported,omitempty"`
	DisplayValuesSupported []string       `json:"display_values_supported"`

	IDTokenAlgs          []string `json:"id_token_signing_alg_values_supported"`
	IDTokenEncryption    []string `json:"id_token_encryption_alg_values_supported"`
	IDTokenEncodings     []string `json:"id_token_encryption_enc_values_supported"`
	UserinfoAlgs         []string `json:"userinfo_signing_alg_values_supported"`
	UserinfoEncryption   []string `json:"userinfo_encryption_alg_values_supported"`
	UserinfoEncodings    []string `json:"userinfo_encryption_enc_values_supported"`
	CodeChallengeMethods []string `json:"code_challenge_methods_supported"`

	IntrospectionAlgs       []string `json:"introspection_signing_alg_values_supported"`
	IntrospectionEncryption []string `json:"introspection_encryption_alg_values_supported"`
	IntrospectionEncodings  []string `json:"introspection_encryption_enc_values_supported"`

	TokenAuthMethods         []string `json:"token_endpoint_auth_methods_supported"`
	IntrospectionAuthMethods []string `json:"introspection_endpoint_auth_methods_supported"`
	RevocationAuthMethods    []string `json:"revocation_endpoint_auth_methods_supported"`

	TokenAuthAlgs         []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	IntrospectionAuthAlgs []string `json:"introspection_endpoint_auth_signing_alg_values_supported"`
	RevocationAuthAlgs    []string `json:"revocation_endpoint_auth_signing_alg_values_supported"`
	RequestObjectAlgs     []string `json:"request_object_signing_alg_values_supported"`

	DPoPAlgs []string `json:"dpop_signing_alg_values_supported"`

	CertificateBound bool         `json:"tls_client_certificate_bound_access_tokens,omitempty"`
	MTLSAliases      *mtlsAliases `json:"mtls_endpoint_aliases,omitempty"`

	IssInResponse     bool `json:"authorization_response_iss_parameter_supported"`
	ClaimsParameter   bool `json:"claims_parameter_supported"`
	RequestParameter  bool `json:"request_parameter_supported"`
	RequestURI        bool `json:"request_uri_parameter_supported"`
	RequireRequestURI bool `json:"require_request_uri_registration"`
	MetadataDocuments bool `json:"client_id_metadata_document_supported,omitempty"`

	FrontchannelLogout        bool `json:"frontchannel_logout_supported"`
	FrontchannelLogoutSession bool `json:"frontchannel_logout_session_supported"`
	BackchannelLogout         bool `json:"backchannel_logout_supported"`
	BackchannelLogoutSession  bool `json:"backchannel_logout_session_supported"`
}

// tokenClaims are those of the ID token itself (OIDC Core section 2).
var tokenClaims = []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid"}

// displays are the values of display that the pages do justice to (OIDC Core section 3.1.2.1): one layout fits a
// window of any size and a finger.
var displays = []string{"page", "popup", "touch"}

func describe(d Deps) metadata {
	registration := ""
	if d.Registration {
		registration = d.Issuer + "/register"
	}
	algs := slices.Concat(keys.SigningAlgs, keys.HMACAlgs)
	secret := []string{oauth.AuthClientSecretBasic, oauth.AuthClientSecretPost, oauth.AuthClientSecretJWT, oauth.AuthPrivateKeyJWT}
	if d.MTLS {
		secret = append(secret, oauth.AuthTLSClient, oauth.AuthSelfSignedTLS)
	}
	secretOrNone := append(slices.Clone(secret), oauth.AuthNone)
	return metadata{
		Issuer:                d.Issuer,
		AuthorizationEndpoint: d.Issuer + "/authorize",
		TokenEndpoint:         d.Issuer + "/token",
		UserinfoEndpoint:      d.Issuer + "/userinfo",
		JWKSURI:               d.Issuer + "/jwks",
		IntrospectionEndpoint: d.Issuer + "/introspect",
		RevocationEndpoint:    d.Issuer + "/revoke",
		RegistrationEndpoint:  registration,
		EndSessionEndpoint:    d.Issuer + "/end_session",
		DeviceEndpoint:        d.Issuer + "/device_authorization",
		CheckSessionIframe:    d.Issuer + "/check_session",

		ScopesSupported:        d.Resources.ScopesSupported(),
		ResponseTypesSupported: d.ResponseTypes,
		ResponseModesSupported: responseModes(d.ResponseTypes),
		GrantTypesSupported:    grantTypes(d.ResponseTypes),
		SubjectTypesSupported:  []string{client.SubjectPublic, client.SubjectPairwise},
		PromptValuesSupported:  oauth.AllPrompts,
		ACRValuesSupported:     signin.ACRValues(),
		ClaimsSupported:        claims(d.ResponseTypes, d.Resources.Scopes()),
		ClaimTypesSupported:    user.ClaimTypes,
		ClaimsLocales:          d.ClaimsLocales,
		DisplayValuesSupported: displays,

		IDTokenAlgs:          idTokenAlgs(d.IDTokenAlgs, d.ResponseTypes),
		IDTokenEncryption:    keys.EncryptionAlgs,
		IDTokenEncodings:     keys.EncryptionEncs,
		UserinfoAlgs:         append(responseAlgs(d.IDTokenAlgs), keys.AlgNone),
		UserinfoEncryption:   keys.EncryptionAlgs,
		UserinfoEncodings:    keys.EncryptionEncs,
		CodeChallengeMethods: []string{oauth.MethodS256},

		IntrospectionAlgs:       d.IDTokenAlgs, // RFC 9701 section 7: by the provider's keys alone
		IntrospectionEncryption: keys.EncryptionAlgs,
		IntrospectionEncodings:  keys.EncryptionEncs,

		TokenAuthMethods:         secretOrNone,
		IntrospectionAuthMethods: secret, // RFC 7662 section 2.1: never without authentication
		RevocationAuthMethods:    secretOrNone,

		TokenAuthAlgs: algs, IntrospectionAuthAlgs: algs, RevocationAuthAlgs: algs,
		RequestObjectAlgs: keys.SigningAlgs, // never none, though a configured client may have it

		DPoPAlgs: keys.ProofAlgs,

		CertificateBound: d.MTLS,
		MTLSAliases:      aliases(d.MTLSBase),

		IssInResponse:     true,
		ClaimsParameter:   true,
		RequestParameter:  true,
		RequestURI:        true,
		RequireRequestURI: true,
		MetadataDocuments: d.Documents,

		FrontchannelLogout:        true,
		FrontchannelLogoutSession: true,
		BackchannelLogout:         true,
		BackchannelLogoutSession:  true,
	}
}

// claims are all that a client may be told: of the token, of OpenID Connect and of the operator's own.
func claims(responseTypes []string, scopes []resource.Scope) []string {
	all := slices.Clone(tokenClaims)
	if slices.ContainsFunc(responseTypes, hashesCode) {
		all = append(all, "c_hash")
	}
	all = append(all, user.StandardClaims()...)
	for _, scope := range scopes {
		for _, name := range scope.Claims {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}
