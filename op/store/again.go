package store

import (
	"errors"
	"fmt"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// attempts bounds how often a write that lost is made again. One loss is what a race costs; more happen
// only when the same record is written over and over.
const attempts = 8

// Again makes a write, and makes it again while it loses to concurrent ones (ErrConflict, ErrExists). Each
// time write has to read anew what it rests on. The error of one that lost every time is neither of the
// two: it wraps oauth.ErrUnavailable, since nobody can tell now.
func Again(write func() error) error {
	var err error
	for range attempts {
		err = write()
		if !errors.Is(err, ErrConflict) && !errors.Is(err, ErrExists) {
			return err
		}
	}
	return fmt.Errorf("store: too many concurrent writes, the last: %s: %w", err.Error(), oauth.ErrUnavailable)
}
