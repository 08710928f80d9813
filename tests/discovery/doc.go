// Package discovery looks at a running Caddy as clients do that know nothing yet: programs that start from what a
// person typed, and pages of other origins.
package discovery
