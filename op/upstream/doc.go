// Package upstream makes the tokens by which a guard tells the server behind it who is calling: whatever the caller
// came with, the upstream gets a short-lived JWT that is meant for it and for nobody else, signed with a key of the
// provider's JWKS.
//
// Such a token is no access token and no ID token, and its typ says so: neither a guard nor an endpoint of ours takes
// it, and it is bound to no key of the caller's, who never sees it. One is good for several requests of one caller: a
// guard keeps it and asks Token.Good before each.
package upstream
