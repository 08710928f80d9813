// Package postgres is the store that several nodes share: tables in a PostgreSQL database, 14 or later.
//
// A Commit is one transaction. It locks every record it touches, those it only requires as well, until it is over, so
// that the histories of all nodes are those of one after the other. What loses to a deadlock or to a connection that
// breaks before its COMMIT is done again. When the answer to a COMMIT is lost, the server is asked what became of the
// transaction; what cannot be found out in time is an error, never a guess.
//
// Other nodes hear of a commit by a notification that is part of it (NOTIFY), if it touches anything that a node may
// remember. Watch hears them on a connection of its own, and asks that connection several times a second whether it is
// still alive.
//
// No error of this package shows the connection string, a user, a host or a value.
package postgres
