package store_test

import (
	"errors"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

func TestAgainStopsAtTheFirstOutcome(t *testing.T) {
	trouble := store.Unavailable("commit", errors.New("disk"))
	for name, tt := range map[string]struct {
		outcomes []error
		want     error
	}{
		"at once":             {[]error{nil}, nil},
		"after a lost race":   {[]error{store.ErrConflict, nil}, nil},
		"after a lost create": {[]error{store.Lost(store.Creating(store.Record{Kind: store.Grants})), nil}, nil},
		"trouble":             {[]error{trouble}, trouble},
		"a mistake":           {[]error{store.ErrInvalid}, store.ErrInvalid},
		"trouble after all":   {[]error{store.ErrConflict, trouble}, trouble},
	} {
		made := 0
		err := store.Again(func() error { made++; return tt.outcomes[made-1] })
		if !errors.Is(err, tt.want) || made != len(tt.outcomes) {
			t.Errorf("%s: %v after %d writes, want %v after %d", name, err, made, tt.want, len(tt.outcomes))
		}
	}
}

// Whoever reads a lost race out of the error would begin the same races anew.
func TestAgainGivesUpAsUnavailable(t *testing.T) {
	for _, lost := range []error{store.ErrConflict, store.ErrExists} {
		made := 0
		err := store.Again(func() error { made++; return lost })
		if !errors.Is(err, oauth.ErrUnavailable) || errors.Is(err, lost) || made < 2 || made > 100 {
			t.Errorf("%v after %d writes", err, made)
		}
	}
}
