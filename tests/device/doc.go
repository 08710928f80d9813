// Package device tests device authorization (RFC 8628) from outside: a real Caddy, real clients, people in browsers.
package device
