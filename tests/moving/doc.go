// Package moving carries the state of a running Caddy elsewhere, by backup and by export and import, and looks from
// outside at what goes on there, what is refused, and that nothing works in two places.
package moving
