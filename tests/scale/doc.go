// Scale shows what many rows do to a provider:
//
//	go run ./tests/scale -rows 10000000 [-storage sqlite]
//
// It fills one store with that many rows and another with a few, all copied from what a real sign-in leaves behind, and
// does the same to both in turns, one thing here and one there, so that whatever else the machine does falls on both.
// What it prints are ratios. Then it lets a third of the rows expire at once and shows what sweeping them costs
// whoever is served meanwhile. PostgreSQL is one of its own, with the settings that its package comes with.
package main
