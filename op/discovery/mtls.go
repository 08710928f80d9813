package discovery

// mtlsAliases are the endpoints where the provider asks for certificates, if these are not those of the issuer (RFC 8705
// section 5).
type mtlsAliases struct {
	TokenEndpoint         string `json:"token_endpoint"`
	UserinfoEndpoint      string `json:"userinfo_endpoint"`
	IntrospectionEndpoint string `json:"introspection_endpoint"`
	RevocationEndpoint    string `json:"revocation_endpoint"`
	DeviceEndpoint        string `json:"device_authorization_endpoint"`
}

func aliases(base string) *mtlsAliases {
	if base == "" {
		return nil
	}
	return &mtlsAliases{
		TokenEndpoint: base + "/token", UserinfoEndpoint: base + "/userinfo",
		IntrospectionEndpoint: base + "/introspect", RevocationEndpoint: base + "/revoke",
		DeviceEndpoint: base + "/device_authorization",
	}
}
