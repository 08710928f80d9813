// Package backchannel tells applications that a session of theirs has ended (OpenID Connect Back-Channel Logout
// 1.0).
//
// Whoever ends a session writes down, in the same commit, that it has ended (session.Ended), and waits for nobody.
// A Worker makes one notice of that for each client that joined the session, and keeps sending each until the client
// has said yes or a day is over. Everything it knows is in the store, so that what a crash interrupts is done after
// it: a notice is sent at least once. One that may be sent now is claimed first, by a commit that one worker wins,
// and whatever becomes of the attempt, the next is already planned.
//
// Each client has a lane of its own: one that is slow or gone holds up its own notices and nobody else's.
package backchannel
