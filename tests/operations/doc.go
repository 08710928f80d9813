// Package operations looks at what a running Caddy tells those who run it: metrics, audit events, and whether it is
// ready.
package operations
