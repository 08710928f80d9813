// Package conformance asks a real Caddy what the test plans for OpenID Providers ask: the modules of the public
// conformance suite, by their names, for each response type and response mode. docs/conformance.md tells of them.
package conformance
