// Package authorize is the authorization endpoint (RFC 6749 section 3.1, OIDC Core section 3.1.2) and
// the consent form that belongs to it.
//
// A request is read, a request object put in its place if it has one (OIDC Core section 6), and it goes through one
// list of named checks, and then through the questions: who is signed in, must they sign in again, must they choose
// an account, must they be asked for consent. Each question either passes, or ends in a page that comes back with
// the request sealed in it, or in an error. What is left is granted in one commit, and answered with what the
// response type yields: a code, an access token, an ID token, or none of them. A request that comes back from a page
// goes through the same list and the same questions, so a page can be left out, repeated or reached by Back without
// anything being skipped; only what an object says is settled for good, and is what was sealed.
//
// Until client and redirect_uri are proven a failure is a page of ours; from then on it is an answer
// to the client (RFC 6749 section 4.1.2.1).
package authorize
