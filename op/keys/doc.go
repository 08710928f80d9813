// Package keys holds everything cryptographic: random tokens and their digests, the provider's lasting
// secrets and what is sealed under them, and the ring of signing keys with its rotation. JOSE lives here and
// nowhere else.
//
// op.Open opens Secrets and a Ring on one store; both outlive a reload of the configuration. Ring.Ensure
// makes what a configuration needs and is called at its start and once a minute. Ring.Sign and Ring.Verify
// then touch neither the store nor a lock. A Ring verifies its own tokens only: keys of clients and of other
// issuers have no way into it.
//
// PublicKeys are what somebody else publishes, for verifying their tokens and encrypting to them. Tokens under a
// client's secret (SignHMAC, VerifyHMAC) and tokens without a signature (Unsecured, ReadUnsecured) have functions
// of their own, so that no header decides which kind of key it meets.
//
// A record of the kind Keys or Secrets is one sealed document. Without an encryption key it is readable JSON,
// and the file modes of the store are all that protects it.
package keys
