// Package sources shows guards that take tokens of others than a provider of their own Caddy, against real Caddies
// and against servers that lie: what reaches the upstream is counted.
package sources
