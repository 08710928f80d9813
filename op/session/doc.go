// Package session remembers which browser is signed in as whom.
//
// A Session is one sign-in of one account in one browser. The browser holds "<session id>.<secret>"
// in a __Host- cookie and the store holds only the secret's digest; signing in again makes a new
// secret, so a cookie planted or stolen before is worth nothing after. Current answers who is signed
// in, SignIn begins or refreshes a session, End ends one, and Join gives each client its own name
// for it (the `sid` claim). List shows an account's sessions to the person, and CutOff ends them all. An
// ended session stays in the store until nothing that was granted in it can be alive, since the tokens that
// hang from it look here whether they still are.
//
// A second cookie, State, shows scripts of the provider whether it is still the same login, and nothing more.
package session
