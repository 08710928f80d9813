// Package reload changes the configuration of a running Caddy, to good ones and to broken ones, and
// looks from outside whether anybody notices who should not.
package reload
