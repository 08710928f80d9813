package moving

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// markKey is the key of the mark, a record of kind Secrets beside the provider's own.
const markKey = "moving"

// Why a store does not open.
var (
	// ErrMoved: the store was moved away, and goes on elsewhere.
	ErrMoved = errors.New("was moved away with caddy openid export; what is spent or ended where it went must not live here again. " +
		"To come back, import the file into an empty store")
	// ErrHalf: an import into the store is under way or was cut off.
	ErrHalf = errors.New("holds the beginning of an import only; import the file again")
	// errMark: the mark says something that this program does not know, which may be that it must not be opened.
	errMark = errors.New("has a mark that this version does not know")
)

// state is what a mark says. No mark at all is a store that has always been the only one.
type state string

const (
	filling state = "filling" // an import has begun
	moved   state = "moved"   // this store must not be opened again
	copied  state = "copied"  // a copy that was never opened
	opened  state = "opened"  // a copy that was, for the first time at Restored
)

// mark is the body of the record.
type mark struct {
	State state `json:"state"`
	// At is when the state came to be.
	At time.Time `json:"at,omitzero"`
	// Restored is when the copy that this store began as was first opened; zero if it was none.
	Restored time.Time `json:"restored,omitzero"`
}

// CopyMark is the record that makes the store it is put into a copy, taken at that time.
func CopyMark(at time.Time) store.Record { return mark{State: copied, At: at.UTC()}.record(0) }

func (m mark) record(version int64) store.Record {
	return store.Record{Kind: store.Secrets, Key: markKey, Version: version, Body: store.Body(m)}
}

// change puts m in the place of the mark that was read; version 0 is none.
func (m mark) change(version int64) store.Change {
	if version == 0 {
		return store.Creating(m.record(0))
	}
	return store.Replacing(m.record(version))
}

// readMark gives the mark and its version, 0 if there is none.
func readMark(ctx context.Context, s store.Reader) (mark, int64, error) {
	record, err := s.Get(ctx, store.Secrets, markKey)
	if errors.Is(err, store.ErrNotFound) {
		return mark{}, 0, nil
	}
	if err != nil {
		return mark{}, 0, fmt.Errorf("moving: read mark: %w", err)
	}
	var m mark
	if err := record.Decode(&m); err != nil {
		return mark{}, 0, err
	}
	return m, record.Version, nil
}

// check refuses a mark with which a store must not be served from. version is 0 if there is none.
func (m mark) check(version int64) error {
	switch {
	case version == 0, m.State == copied, m.State == opened && !m.Restored.IsZero():
		return nil
	case m.State == moved:
		return fmt.Errorf("this store %w (%s)", ErrMoved, m.At.Format(time.RFC3339))
	case m.State == filling:
		return fmt.Errorf("this store %w", ErrHalf)
	}
	return fmt.Errorf("this store %w", errMark)
}

// Admit is asked before a store is served from. restored is zero for a store that was never a copy. Otherwise it
// is when the copy was first opened: now, if that is this time, which is put down before Admit returns. What came
// to be before it may have been used in the store that was copied. ErrMoved and ErrHalf forbid the store.
func Admit(ctx context.Context, s store.Store, now time.Time) (restored time.Time, err error) {
	err = store.Again(func() error {
		m, version, err := readMark(ctx, s)
		if err == nil {
			err = m.check(version)
		}
		if err != nil || m.State != copied {
			restored = m.Restored
			return err
		}
		// Milliseconds, as what is compared with it and as every node reads it back.
		restored = time.UnixMilli(now.UnixMilli()).UTC()
		return s.Commit(ctx, mark{State: opened, At: m.At, Restored: restored}.change(version))
	})
	if err != nil {
		return time.Time{}, err
	}
	return restored, nil
}

// errReplaced: what a program remembers belongs to another store.
var errReplaced = errors.New("was replaced by a copy while this program was running; start it anew")

// CheckServed is asked when a program that serves from a store has lost sight of it and sees it again. What it
// remembers is good only if the store is the one that it was admitted to: ErrMoved, or ErrHalf, if it was exported or
// made anew meanwhile. restored is what Admit has said, nil before.
func CheckServed(ctx context.Context, r store.Reader, restored *time.Time) error {
	m, version, err := readMark(ctx, r)
	if err != nil {
		return err
	}
	if err := m.check(version); err != nil {
		return err
	}
	if restored != nil && (m.State == copied || !m.Restored.Equal(*restored)) {
		return fmt.Errorf("this store %w", errReplaced)
	}
	return nil
}

// CheckWhole refuses a store that an import has not finished (ErrHalf): what is carried from it would be half a
// store that looks whole.
func CheckWhole(ctx context.Context, r store.Reader) error {
	m, _, err := readMark(ctx, r)
	if err == nil && m.State == filling {
		err = fmt.Errorf("this store %w", ErrHalf)
	}
	return err
}
