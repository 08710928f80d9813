// Package client knows who asks: the relying parties and services that the operator configured or that
// registered themselves, what they may do, and whether a request really comes from one of them.
//
// A Registry finds a client by its id, among those of the configuration and the Registrations in the store; an
// Authenticator reads a request's credentials (RFC 6749 section 2.3, RFC 7523 section 2.2) and returns the client
// or one refusal that is the same for every reason. Whoever makes a configuration, and whoever registers a client,
// calls Client.Check first: the other methods rely on it.
//
// Metadata is what a client says of itself, in the names of RFC 7591. KeySets are its keys, by value or where it
// publishes them; with them a Protector signs and encrypts what it is told.
package client
