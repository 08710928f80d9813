// Package idtoken makes ID tokens and reads back those that come as id_token_hint.
//
// The token endpoint asks a Maker for one with every answer to a request with the scope openid; the
// authorization and logout endpoints ask it who a hint speaks of. Which claims about a person a client may
// see is decided elsewhere.
package idtoken
