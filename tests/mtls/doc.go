// Package mtls looks at mutual TLS (RFC 8705) from outside: clients with real certificates against listeners of a real
// Caddy that ask for them, and others that only say they have one.
package mtls
