// Package sqlite is the store in one file: SQLite, built into the program, for one process.
//
// Open locks the file, so that a second process gets an error instead of half the truth, and brings its
// schema up to date. Reads go through a pool of connections beside the writer. All writes go through one
// goroutine, which takes every commit that is waiting into one transaction, so that many share the one fsync
// that SQLite's synchronous=FULL demands; each is told its own outcome, and only when the transaction is on
// disk. The file and its companions are readable by their owner alone. Deleted text is overwritten in the
// file (secure_delete); an old page of it can remain in the -wal companion until SQLite writes over it.
package sqlite
