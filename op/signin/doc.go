// Package signin is how a person proves who they are: the login form, the choice of an account, and
// the session that comes of it.
//
// The authorization endpoint calls Ask when somebody has to sign in; the form posts to
// <issuer>/login, which this package serves. Each guess is counted before it is judged and given
// back when it was right, so that guesses made at the same time do not exceed the budget. After a
// login the browser is sent back, by the sealed interaction and never by a URL of the request's, to
// where it was: a pending authorization request, or the page that says who is signed in.
package signin
