package store

import (
	"errors"
	"fmt"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// What a store answers, matched with errors.Is. Any other failure of a backend wraps oauth.ErrUnavailable, so a
// store that did not answer is never taken for one that said no.
var (
	// ErrNotFound: Get knows no such record, or it is past its expiry.
	ErrNotFound = errors.New("store: no such record")
	// ErrExists: a Create lost; its key is taken by a record that has not expired.
	ErrExists = errors.New("store: the record exists already")
	// ErrConflict: a Replace, Delete or Require lost; the record does not stand at that version, or is absent.
	ErrConflict = errors.New("store: the record has changed")
	// ErrInvalid: the caller asked for something no store can do. Nothing was done.
	ErrInvalid = errors.New("store: invalid use")
	// ErrClosed: the store was closed. It wraps oauth.ErrUnavailable.
	ErrClosed = fmt.Errorf("store: closed: %w", oauth.ErrUnavailable)
)

// LostError says which change made a Commit lose; Err is ErrExists or ErrConflict. Its text leaves the key
// out, since keys hold account names.
type LostError struct {
	Kind Kind
	Key  string
	Err  error
}

// Error names the kind and what happened.
func (e *LostError) Error() string { return fmt.Sprintf("%v (kind %s)", e.Err, e.Kind) }

// Unwrap gives ErrExists or ErrConflict.
func (e *LostError) Unwrap() error { return e.Err }

// Lost is the error of a commit that failed at c: ErrExists for a Create, ErrConflict for all others.
func Lost(c Change) error {
	err := ErrConflict
	if c.Op == Create {
		err = ErrExists
	}
	return &LostError{Kind: c.Record.Kind, Key: c.Record.Key, Err: err}
}

// Unavailable wraps what went wrong in a backend so that both oauth.ErrUnavailable and the cause are found in it.
// A context that ended is such a cause: whoever gave up knows no more than one who got no answer.
func Unavailable(doing string, cause error) error {
	return fmt.Errorf("store: %s: %w: %w", doing, oauth.ErrUnavailable, cause)
}
