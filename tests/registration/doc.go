// Package registration registers clients at a real Caddy as the relying parties out there do, signs people in to
// them, and manages them: what is removed is refused on the next request, what is registered outlives
// a kill, and no secret of it is at rest.
package registration
