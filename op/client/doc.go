// Package client knows who asks: the relying parties and services that the operator configured or that
// registered themselves, what they may do, and whether a request really comes from one of them.
//
// A Registry finds a client by its id; an Authenticator reads a request's credentials (RFC 6749
// section 2.3) and returns the client or one refusal that is the same for every reason. Whoever makes
// a configuration calls Client.Check first: the other methods rely on it.
package client
