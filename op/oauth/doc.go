// Package oauth is the vocabulary every other room speaks: errors, scopes, parameters, PKCE,
// prompts and URI rules. It holds no state, does no I/O and imports nothing of the project.
//
// A request arrives as Params, is narrowed to typed values (Scopes, Challenge, Prompts) whose
// parsers refuse what the specifications refuse, and leaves as a value or as an *Error that says
// apart what the client may know and what only the log may know.
package oauth
