// Package user knows who may sign in: the accounts of the configuration and those of a users file, which
// is read again when it changes.
//
// A Directory finds a user by the canonical form of the name, so that every spelling of a name is one
// account, and checks a password in a time that does not tell whether the account exists. Subject and
// ClaimsFor say what a client may learn of a user (OIDC Core sections 2 and 5).
package user
