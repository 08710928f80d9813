// Package issuer answers for the JWT access tokens of somebody else (RFC 9068): an authorization server that
// publishes its keys, at the jwks_uri of its metadata or at an address the operator knows. An Issuer asks nobody
// about a token: what is revoked there lives on here until it expires, which is why such tokens are to be short.
package issuer
