// Package devicecode keeps the device authorizations that wait for a person (RFC 8628): what a device asked for, how
// it is found by the code that the person types and by the one that the device keeps, and what came of it.
//
// Anybody who knows a public client's name may begin one, and whoever is signed in may try codes: Budgets bound both.
package devicecode
