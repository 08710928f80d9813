package store

import (
	"errors"
	"fmt"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

const (
	// patience is for how long a write that loses is made again. One loss is what a race costs; more happen only when
	// many write the same record, of whom one wins at a time.
	patience = 2 * time.Second
	// The pauses grow from the second loss on: a crowd that tried again at once would go on to lose together.
	firstPause   = time.Millisecond
	longestPause = 64 * time.Millisecond
)

// Again makes a write, and makes it again while it loses to concurrent ones (ErrConflict, ErrExists). Each
// time write has to read anew what it rests on. The error of one that has lost for two seconds is neither of the
// two: it wraps oauth.ErrUnavailable, since nobody can tell now.
func Again(write func() error) error {
	began := time.Now()
	for pause := time.Duration(0); ; pause = min(max(2*pause, firstPause), longestPause) {
		err := write()
		switch {
		case !errors.Is(err, ErrConflict) && !errors.Is(err, ErrExists):
			return err
		case time.Since(began) > patience:
			return fmt.Errorf("store: too many concurrent writes, the last: %s: %w", err.Error(), oauth.ErrUnavailable)
		}
		time.Sleep(Jitter(pause))
	}
}
