// Package logout serves the end_session_endpoint, to which an application sends people to sign them out
// (OpenID Connect RP-Initiated Logout 1.0).
//
// Three things are decided apart, so that none of them stands in for another: whether the person of this browser is
// signed out at once or asked first (their own session has to be in the id_token_hint), whether the store has ended
// the session (nothing is said before it has), and whether the browser may go back to the application (a proven
// client, one of its addresses, and no hint that was bad). A request that fails in the last still signs out.
package logout
