// Package dpop is proof of possession at the application layer (RFC 9449): what a client shows, beside a token
// request or an access token, to prove that it has the key that its tokens are bound to.
//
// Proofs reads and judges a proof for one request (Check) and holds that it counts once. Where something is
// committed anyway, the mark that a proof was used is part of that commit (Proof.Spending). Where nothing is, at a
// guard and at userinfo, the mark is kept in memory (Proofs.Spend), for as long as the proof could be shown again. What
// a process before this one has let through is not in that memory; a proof that could be from then counts only with a
// nonce that is younger than this process.
//
// Nonces are not stored: each is the time it was made at, with a MAC.
package dpop
