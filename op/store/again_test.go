package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
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

// A crowd that writes one record gets through: each of its members has to win once.
func TestAgainGetsACrowdThrough(t *testing.T) {
	t.Parallel()
	s := memory.New(time.Now)
	defer s.Close()
	one := store.Record{Kind: store.Consents, Key: "one", Body: []byte("{}")}
	if err := s.Commit(t.Context(), store.Creating(one)); err != nil {
		t.Fatal(err)
	}
	var crowd sync.WaitGroup
	for range 32 {
		crowd.Go(func() {
			if err := store.Again(func() error {
				read, err := s.Get(t.Context(), store.Consents, "one")
				if err != nil {
					return err
				}
				time.Sleep(time.Millisecond) // in which all the others read it too
				return s.Commit(t.Context(), store.Replacing(read))
			}); err != nil {
				t.Error(err)
			}
		})
	}
	crowd.Wait()
	if read, err := s.Get(t.Context(), store.Consents, "one"); err != nil || read.Version < 33 {
		t.Errorf("%d, %v: a write was lost", read.Version, err)
	}
}

// Whoever reads a lost race out of the error would begin the same races anew.
func TestAgainGivesUpAsUnavailable(t *testing.T) {
	for _, lost := range []error{store.ErrConflict, store.ErrExists} {
		made := 0
		err := store.Again(func() error { made++; return lost })
		if !errors.Is(err, oauth.ErrUnavailable) || errors.Is(err, lost) || made < 2 || made > 1000 {
			t.Errorf("%v after %d writes", err, made)
		}
	}
}
