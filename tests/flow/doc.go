// Package flow shows the main job from outside: a real Caddy with a provider and guarded sites, spoken to
// by client libraries that know nothing of it, by plain HTTP, and by bytes that no library would send. An
// upstream that counts its visitors stands behind each guard.
package flow
