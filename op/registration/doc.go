// Package registration is the client registration endpoint (OIDC Dynamic Client Registration 1.0, RFC 7591) and
// the client configuration endpoint beside it (RFC 7592).
//
// Registering is the one thing that strangers can make the provider remember, so it is bounded: whether it may
// be done at all is the operator's choice, so many a time from one network, so many in all, and what nobody
// uses is forgotten. What is registered is put in order first, the same way each time, and the answer says
// all that is in effect then; what the provider cannot do is refused, and nothing else is kept.
package registration
