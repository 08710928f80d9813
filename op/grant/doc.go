// Package grant keeps what was granted and everything that hangs from it: authorization codes,
// refresh tokens and access tokens. It joins client, subject, session and consent, and it is the only
// room that decides whether a token is live.
//
// The authorization endpoint calls Authorize and commits the changes it gets together with its own;
// the token endpoint reads a Code and calls Redeem, Rotate or ClientCredentials; the guard, userinfo
// and introspection call Introspect; revocation calls RevokeToken. A token lives only while its own
// record or signature is good, its grant is not revoked and nothing the grant hangs from has ended,
// so that ending any of these is one write and no list of tokens is ever kept.
package grant
