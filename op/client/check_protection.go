package client

import (
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// checkProtection holds the JWTs that the client gets or sends to algorithms that exist and fit.
func (c *Client) checkProtection(f *faults) {
	c.IDToken.check(f, "id_token", keys.AlgNone)
	c.Userinfo.check(f, "userinfo", keys.AlgNone)
	c.checkIntrospection(f)
	if c.RequestObjectAlg == keys.AlgNone && !c.Configured {
		f.add("request_object_signing_alg: none is for clients that the operator wrote down")
	} else if c.RequestObjectAlg != "" && c.RequestObjectAlg != keys.AlgNone {
		f.oneOf("request_object_signing_alg", c.RequestObjectAlg, keys.SigningAlgs...)
	}
}

// checkIntrospection wants introspection responses signed by the provider, so that a third party can tell who says it
// (RFC 9701 section 1); a secret of the client's own could not do that.
func (c *Client) checkIntrospection(f *faults) {
	const kind = "introspection"
	if c.Introspection.Alg != "" {
		f.oneOf(kind+"_signed_response_alg", c.Introspection.Alg, keys.SigningAlgs...)
	}
	Protection{EncryptionAlg: c.Introspection.EncryptionAlg, EncryptionEnc: c.Introspection.EncryptionEnc}.check(f, kind)
}

// check holds one kind of JWT, whose members begin with kind, to the algorithms there are and those of besides.
func (p Protection) check(f *faults, kind string, besides ...string) {
	if p.Alg != "" {
		f.oneOf(kind+"_signed_response_alg", p.Alg, slices.Concat(keys.SigningAlgs, keys.HMACAlgs, besides)...)
	}
	if p.EncryptionAlg != "" {
		f.oneOf(kind+"_encrypted_response_alg", p.EncryptionAlg, keys.EncryptionAlgs...)
	}
	if p.EncryptionEnc != "" {
		f.oneOf(kind+"_encrypted_response_enc", p.EncryptionEnc, keys.EncryptionEncs...)
		if p.EncryptionAlg == "" {
			// OIDC Dynamic Client Registration section 2: enc alone says that something is encrypted, but not how.
			f.add("%s_encrypted_response_enc: needs %s_encrypted_response_alg", kind, kind)
		}
	}
}
