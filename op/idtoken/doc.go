// Package idtoken makes ID tokens and reads back those that come as id_token_hint.
//
// The token endpoint asks a Maker for one with every answer to a request with the scope openid, the authorization
// endpoint when the response type has one in it; the authorization and logout endpoints ask it whom a hint speaks
// of. How a token is signed and encrypted for its client is client.Protector's, and which claims about a person a client may
// see is decided elsewhere.
package idtoken
