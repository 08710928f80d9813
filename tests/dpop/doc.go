// Package dpop looks at DPoP (RFC 9449) from outside: a client with a key of its own against the token endpoint, userinfo
// and a guard of a real Caddy, over reloads and restarts, and what an attacker would send in its place.
package dpop
