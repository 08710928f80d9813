package client

import (
	"slices"
)

// The algorithms that a client may ask for (RFC 7518, RFC 8037). Which of them a provider has is for it to say.
var (
	signingAlgs    = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
	hmacAlgs       = []string{"HS256", "HS384", "HS512"}
	encryptionAlgs = []string{"RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW"}
	encryptionEncs = []string{"A128CBC-HS256", "A256GCM"}
	// hmacKey is how long a secret has to be for each, in bytes (RFC 7518 section 3.2).
	hmacKey = map[string]int{"HS256": 32, "HS384": 48, "HS512": 64}
)

// algNone is a JWT without a signature (RFC 7518 section 3.6).
const algNone = "none"

// checkProtection holds the JWTs that the client gets or sends to algorithms that exist and fit.
func (c *Client) checkProtection(f *faults) {
	c.IDToken.check(f, "id_token", algNone)
	c.Userinfo.check(f, "userinfo", algNone)
	if c.IDToken.Alg == algNone && c.ReadsFragments() {
		// OIDC Core section 3.1.3.7: only TLS from the token endpoint can stand in for the signature.
		f.add("id_token_signed_response_alg: none is for clients that get no token in the fragment")
	}
	if c.RequestObjectAlg == algNone && !c.Configured {
		f.add("request_object_signing_alg: none is for clients that the operator wrote down")
	} else if c.RequestObjectAlg != "" && c.RequestObjectAlg != algNone {
		f.oneOf("request_object_signing_alg", c.RequestObjectAlg, signingAlgs...)
	}
}

// check holds one kind of JWT, whose members begin with kind, to the algorithms there are and those of besides.
func (p Protection) check(f *faults, kind string, besides ...string) {
	if p.Alg != "" {
		f.oneOf(kind+"_signed_response_alg", p.Alg, slices.Concat(signingAlgs, hmacAlgs, besides)...)
	}
	if p.EncryptionAlg != "" {
		f.oneOf(kind+"_encrypted_response_alg", p.EncryptionAlg, encryptionAlgs...)
	}
	if p.EncryptionEnc != "" {
		f.oneOf(kind+"_encrypted_response_enc", p.EncryptionEnc, encryptionEncs...)
		if p.EncryptionAlg == "" {
			// OIDC Dynamic Client Registration section 2: enc alone says that something is encrypted, but not how.
			f.add("%s_encrypted_response_enc: needs %s_encrypted_response_alg", kind, kind)
		}
	}
}
