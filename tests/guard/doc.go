// Package guard looks at guarded resources of a real Caddy from outside: what they say of themselves, what they ask
// for, and how they get on with the rest of Caddy.
package guard
