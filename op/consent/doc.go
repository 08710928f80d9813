// Package consent knows what a person has allowed a client, and when to ask again.
//
// A Consent is remembered for each account and client: scopes, resources and claims that were asked for by name. Needed decides whether the page must be
// shown; after an approval Remember returns the grown Consent and the change that stores it, for the
// caller to commit together with what it grants. Withdraw ends it: grants made under it are dead,
// because they name its ID, and a consent given later has another.
package consent
