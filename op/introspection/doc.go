// Package introspection is the introspection endpoint (RFC 7662).
//
// A client that proves who it is asks about a token. It sees the tokens that were issued to it, and
// access tokens for a resource it is configured to introspect for; for all others, live or dead, theirs
// or nobody's, the answer is the same bytes.
package introspection
