// Package discovery looks at a running Caddy from outside, as clients do that know nothing yet: programs that
// start from what a person typed, pages of other origins, and whoever asks for its keys while they change.
package discovery
