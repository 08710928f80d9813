// Package load keeps one or two Caddys busy while they are harmed, and holds them to what they have said.
//
// People sign in, and their application redeems codes, refreshes, introspects, comes to the guard and revokes. The Ledger
// writes down each answer that was read to its end: from then on it binds. Every answer is judged when it comes. It is
// what the request deserves; or, only while the weather at that node is bad, a 503 with Retry-After; or, only while that
// node is gone, nothing. Whoever was told 503, or nothing, asks again until somebody knows what came of it.
//
// Check then reads the store by SQL and asks every node: nothing acknowledged is missing, nothing ended lives, nothing
// works twice, and no log holds a secret.
package load
