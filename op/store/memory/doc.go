// Package memory is the store that forgets: everything is kept in maps and is gone with the process.
//
// It is for tests and trials. It keeps the whole contract, one lock for all, and looks through every record
// of a kind to list some of them. Whoever signs in against it has to do so again after a restart, and the
// signing keys are new.
package memory
