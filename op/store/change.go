package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Op is what a Change does. The zero Op does nothing and Commit refuses it; in Watch it says that changes
// were missed.
type Op int

// The operations of a Change.
const (
	Create  Op = iota + 1 // store a record whose key is free or expired; it gets version 1
	Replace               // overwrite the record that stands at Record.Version; it gets the next version
	Delete                // remove the record that stands at Record.Version
	Require               // change nothing, but fail unless the record stands at Record.Version
	Hearing               // change nothing; see Heard
)

// Change is one part of a Commit.
type Change struct {
	Op     Op
	Record Record
}

// Creating is the change that stores r as a new record; its Version is ignored.
func Creating(r Record) Change { return Change{Op: Create, Record: r} }

// Replacing is the change that overwrites the record r was read from: r.Version is the version that must
// stand now.
func Replacing(r Record) Change { return Change{Op: Replace, Record: r} }

// Deleting is the change that removes r, if it still stands at r.Version.
func Deleting(r Record) Change { return Change{Op: Delete, Record: r} }

// Requiring makes the commit depend on r as it was read, without rewriting it.
func Requiring(r Record) Change { return Change{Op: Require, Record: r} }

// Heard is what Watch reports of itself: by now it has reported every change that was made before at, a time by the clock of
// this machine.
func Heard(at time.Time) Change { return Change{Op: Hearing, Record: Record{ExpiresAt: at}} }

// Told reports whether other nodes have to hear of the change, because one may rest on what it remembers. Whoever
// begins to remember records of another kind adds it to remembered.
func (c Change) Told() bool {
	absence, known := remembered[c.Record.Kind]
	return known && (c.Op == Replace || c.Op == Delete || c.Op == Create && absence)
}

// CheckChanges refuses, as ErrInvalid, changes that no backend could store: an unknown kind or operation, an
// empty key, text that is not UTF-8 or holds NUL, a body that is not JSON, a missing version. Backends call
// it before anything else, so that a mistake shows with every one of them.
func CheckChanges(changes []Change) error {
	for i, c := range changes {
		if fault := c.fault(); fault != "" {
			return fmt.Errorf("%w: change %d (kind %q): %s", ErrInvalid, i, c.Record.Kind, fault)
		}
	}
	return nil
}

// fault says what is wrong with a change, or "".
func (c Change) fault() string {
	r := c.Record
	switch {
	case c.Op < Create || c.Op > Require:
		return "unknown operation"
	case !r.Kind.Known():
		return "unknown kind"
	case r.Key == "":
		return "empty key"
	case c.Op != Create && r.Version < 1:
		return "the version that must stand is missing"
	case !storable(r.Key, r.GrantID, r.SessionID, r.Subject, r.ClientID):
		return "a column is not UTF-8 text"
	case (c.Op == Create || c.Op == Replace) && len(r.Body) > 0 && !json.Valid(r.Body):
		return "the body is not JSON"
	}
	return ""
}

// storable reports whether SQL text columns can hold every one of the values.
func storable(values ...string) bool {
	for _, v := range values {
		if !utf8.ValidString(v) || strings.IndexByte(v, 0) >= 0 {
			return false
		}
	}
	return true
}
