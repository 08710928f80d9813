// Package throttle limits what anybody may try. It counts attempts in memory, bounded, and keeps its
// counts over a change of configuration because it belongs to the provider's state.
//
// Whoever judges a guess reserves it first, under every budget it falls into, and gives it back when
// the guess was right; so guesses made at the same time never exceed a budget. Where several nodes share a store, guesses
// are counted there as well (Shared, and Joint for both). A Gate does the other
// half: it lets no more password hashes run at once than there are cores.
package throttle
