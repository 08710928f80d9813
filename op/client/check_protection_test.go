package client

import "testing"

func TestProtectionIsWhatExists(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Client)
		want   []string
	}{
		{"everything", func(c *Client) {
			c.IDToken = Protection{Alg: "PS384", EncryptionAlg: "ECDH-ES+A256KW", EncryptionEnc: "A256GCM"}
			c.Userinfo = Protection{Alg: "EdDSA", EncryptionAlg: "RSA-OAEP-256"}
			c.Introspection = Protection{Alg: "EdDSA", EncryptionAlg: "ECDH-ES", EncryptionEnc: "A256GCM"}
			c.RequestObjectAlg = "ES512"
		}, nil},
		{"introspection by no key of the provider", func(c *Client) { c.Introspection.Alg = "HS256" }, []string{`introspection_signed_response_alg: "HS256" is not supported`}},
		{"introspection without a signature", func(c *Client) { c.Introspection.Alg = "none" }, []string{`introspection_signed_response_alg: "none" is not supported`}},
		{"introspection encrypted somehow", func(c *Client) { c.Introspection.EncryptionEnc = "A256GCM" }, []string{
			"introspection_encrypted_response_enc: needs introspection_encrypted_response_alg",
		}},
		{"userinfo without a signature", func(c *Client) { c.Userinfo.Alg = "none" }, nil},
		{"encrypted, but not signed", func(c *Client) { c.Userinfo = Protection{EncryptionAlg: "ECDH-ES"} }, nil},
		{"enc without alg", func(c *Client) { c.IDToken.EncryptionEnc, c.Userinfo.EncryptionEnc = "A256GCM", "A256GCM" }, []string{
			"id_token_encrypted_response_enc: needs id_token_encrypted_response_alg", "userinfo_encrypted_response_enc: needs userinfo_encrypted_response_alg",
		}},
		{"what is not built, or broken", func(c *Client) {
			c.IDToken = Protection{Alg: "ES256K", EncryptionAlg: "RSA1_5", EncryptionEnc: "A128GCM"}
			c.Userinfo = Protection{Alg: "HS1", EncryptionAlg: "dir", EncryptionEnc: "none"}
			c.RequestObjectAlg = "HS256"
		}, []string{
			`id_token_signed_response_alg: "ES256K" is not supported`, `id_token_encrypted_response_alg: "RSA1_5" is not supported`, `id_token_encrypted_response_enc: "A128GCM" is not supported`,
			`userinfo_signed_response_alg: "HS1" is not supported`, `userinfo_encrypted_response_alg: "dir" is not supported`, `userinfo_encrypted_response_enc: "none" is not supported`,
			`request_object_signing_alg: "HS256" is not supported`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checks(t, func(c *Client) { c.JWKSURI = "https://shop.example.com/jwks"; tt.change(c) }, tt.want...)
		})
	}
}

// TestThreat031_UnsignedOnlyWhereTLSStandsIn: an ID token without signature is for who takes it from the token
// endpoint itself, an unsigned request object for whom the operator knows.
func TestThreat031_UnsignedOnlyWhereTLSStandsIn(t *testing.T) {
	front := func(responseType string) []string {
		return []string{`response_types: "` + responseType + `" needs an id_token_signed_response_alg other than none`}
	}
	for _, tt := range []struct {
		responseTypes []string
		want          []string
	}{
		{nil, nil},
		{[]string{"code", "none"}, nil},
		{[]string{"code", "code id_token"}, front("code id_token")},
		{[]string{"id_token"}, front("id_token")},
		{[]string{"code token"}, nil},
	} {
		checks(t, func(c *Client) { c.IDToken.Alg, c.ResponseTypes = "none", tt.responseTypes }, tt.want...)
	}
	checks(t, func(c *Client) { c.RequestObjectAlg = "none" }, "request_object_signing_alg: none is for clients that the operator wrote down")
	checks(t, func(c *Client) { c.RequestObjectAlg, c.Configured = "none", true })
	for _, alg := range []string{"None", "NONE", "nOnE"} {
		checks(t, func(c *Client) { c.IDToken.Alg = alg }, `id_token_signed_response_alg: "`+alg+`" is not supported`)
		checks(t, func(c *Client) { c.RequestObjectAlg, c.Configured = alg, true }, `request_object_signing_alg: "`+alg+`" is not supported`)
	}
}
