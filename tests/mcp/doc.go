// Package mcp goes the way of Model Context Protocol clients at a real Caddy, from nothing but the URL of a guarded
// server: what the guard says, who the client is (by a document of its own or by registration), consent, the token and
// the call. In sdk lie a server and a client of the protocol's own Go SDK, a module of its own.
package mcp
