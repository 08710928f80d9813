// Package fact holds what the guard's sources of tokens beyond this process have in common: what another party says
// of a token is read strictly into the facts that the provider's own tokens have, and is remembered under a key
// that no other authority's tokens share. A fact is never a decision: audience and scopes are the guard's to judge,
// each time.
package fact
