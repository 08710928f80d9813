// Package browser signs people in with a real Chromium, through pages as they are served by a real
// Caddy, for a small relying party of its own origin.
package browser
