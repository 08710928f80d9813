package client

import (
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// checkSecrets keeps a forgotten secret from making a client public: that has to be said.
func (c *Client) checkSecrets(f *faults) {
	switch {
	case c.Public() && len(c.AuthMethods) > 1:
		f.add("auth: none excludes every other method")
	case c.Public() && len(c.Secrets) > 0:
		f.add("secret: a client with auth none has none")
	case !c.Public() && c.NeedsSecret() && len(c.Secrets) == 0:
		f.add("secret: is missing; a client that cannot keep one says auth none")
	}
	if slices.ContainsFunc(c.Secrets, Secret.IsZero) {
		f.add("secret: is empty")
	}
	for _, alg := range c.hmacAlgs() {
		c.checkHMACKey(f, alg)
	}
}

// NeedsSecret reports whether the client shows its secret, or HMACs are made with it.
func (c *Client) NeedsSecret() bool {
	return c.AllowsAuthMethod(oauth.AuthClientSecretBasic) || c.AllowsAuthMethod(oauth.AuthClientSecretPost) || c.NeedsKeptSecret()
}

// NeedsKeptSecret reports whether HMACs are made or verified with the client's secret, which then cannot be kept as
// a digest: for client_secret_jwt, and for an ID token or userinfo signed by it (OIDC Core sections 9 and 10.1).
func (c *Client) NeedsKeptSecret() bool { return len(c.hmacAlgs()) > 0 }

// hmacAlgs are the algorithms that the client's secret is the key of.
func (c *Client) hmacAlgs() []string {
	var algs []string
	if c.AllowsAuthMethod(oauth.AuthClientSecretJWT) {
		algs = append(algs, keys.HS256) // the shortest key will do, unless the client says more
		if slices.Contains(keys.HMACAlgs, c.AuthSigningAlg) {
			algs[0] = c.AuthSigningAlg
		}
	}
	for _, alg := range []string{c.IDToken.Alg, c.Userinfo.Alg} {
		if slices.Contains(keys.HMACAlgs, alg) && !slices.Contains(algs, alg) {
			algs = append(algs, alg)
		}
	}
	return algs
}

// checkHMACKey holds the secret to what a key needs: it is known here, and as long as the hash (RFC 7518 section
// 3.2).
func (c *Client) checkHMACKey(f *faults, alg string) {
	if c.Public() {
		f.add("secret: is missing; %s is made with one", alg)
	}
	for _, secret := range c.Secrets {
		plain, kept := secret.Plain()
		switch {
		case secret.IsZero():
		case !kept:
			f.add("secret: is a hash; %s is made with the secret itself", alg)
		case keys.CheckHMACSecret(plain, alg) != nil:
			f.add("secret: is too short a key for %s, which needs as many bytes as its hash has", alg)
		}
	}
}

// checkKeys holds the client's own keys to one place, and asks for them where something needs them.
func (c *Client) checkKeys(f *faults) {
	has := len(c.JWKS) > 0 || c.JWKSURI != ""
	if len(c.JWKS) > 0 && c.JWKSURI != "" {
		f.add("jwks: excludes jwks_uri") // RFC 7591 section 2
	}
	if len(c.JWKS) > 0 {
		c.checkKeysByValue(f)
	}
	if c.AllowsAuthMethod(oauth.AuthPrivateKeyJWT) && !has {
		f.add("jwks: is missing, or jwks_uri; private_key_jwt is verified with it")
	}
	if slices.ContainsFunc(c.protections(), func(how Protection) bool { return how.EncryptionAlg != "" }) && !has {
		f.add("jwks: is missing, or jwks_uri; what is encrypted is encrypted for it")
	}
	c.checkAuthAlg(f)
}

// checkKeysByValue reads the keys now. Found when they are needed, private ones would be told to every reader of the
// store until then, and with none that fit the client would be locked out, or a person's sign-in could not be finished.
func (c *Client) checkKeysByValue(f *faults) {
	set, err := keys.ParsePublicKeys(c.JWKS)
	if err != nil {
		f.add("jwks: %w", err)
		return
	}
	algs := keys.SigningAlgs
	if slices.Contains(algs, c.AuthSigningAlg) {
		algs = []string{c.AuthSigningAlg}
	}
	if c.AllowsAuthMethod(oauth.AuthPrivateKeyJWT) && !set.Verifies(algs...) {
		f.add("jwks: has no key to verify private_key_jwt with")
		return
	}
	if c.AllowsAuthMethod(oauth.AuthSelfSignedTLS) && !set.HasCertificate() {
		f.add("jwks: has no certificate (x5c) for self_signed_tls_client_auth")
		return
	}
	for _, how := range c.protections() {
		if slices.Contains(keys.EncryptionAlgs, how.EncryptionAlg) && !set.Encrypts(how.EncryptionAlg) {
			f.add("jwks: has no key to encrypt for with %s", how.EncryptionAlg)
			return
		}
	}
}

// checkAuthAlg: an algorithm that does not fit its method would lock the client out. Clients state one even where
// their method has none, and then it means nothing. none is never one (OIDC Dynamic Client Registration section 2).
func (c *Client) checkAuthAlg(f *faults) {
	const field = "token_endpoint_auth_signing_alg"
	byKey, bySecret := c.AllowsAuthMethod(oauth.AuthPrivateKeyJWT), c.AllowsAuthMethod(oauth.AuthClientSecretJWT)
	isKey, isSecret := slices.Contains(keys.SigningAlgs, c.AuthSigningAlg), slices.Contains(keys.HMACAlgs, c.AuthSigningAlg)
	switch {
	case c.AuthSigningAlg == "":
	case !isKey && !isSecret:
		f.oneOf(field, c.AuthSigningAlg, slices.Concat(keys.SigningAlgs, keys.HMACAlgs)...)
	case (byKey || bySecret) && (isKey && !byKey || isSecret && !bySecret):
		f.add("%s: %q does not fit how the client authenticates", field, c.AuthSigningAlg)
	}
}
