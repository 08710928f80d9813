package throttle

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Shared counts attempts in the store, where every node sees them: somebody who guesses at several nodes has no more
// guesses. A nil Shared is that of a single node, which counts in memory alone; everything has room in it.
type Shared struct {
	store store.Store
	now   func() time.Time
}

// NewShared makes a Shared over the store of all nodes.
func NewShared(s store.Store, now func() time.Time) *Shared { return &Shared{store: s, now: now} }

// Claim is one attempt counted before it is judged. The zero Claim counts nothing.
type Claim struct {
	shared *Shared
	limits []Limit
	at     int64
}

// attemptsBody is what is stored of one budget.
type attemptsBody struct {
	// At are the moments counted, in milliseconds since 1970, the oldest first.
	At []int64 `json:"at"`
}

// Reserve counts one attempt under every limit, in one commit, or under none: wait is then how long until all have room.
// The attempt stays counted unless it is given back. An error is the store's, and nothing may be judged.
func (s *Shared) Reserve(ctx context.Context, limits ...Limit) (c Claim, wait time.Duration, err error) {
	if s == nil {
		return Claim{}, 0, nil
	}
	err = store.Again(func() error {
		wait = 0
		now := s.now()
		changes := make([]store.Change, 0, len(limits))
		for _, limit := range limits {
			change, full, err := s.counting(ctx, limit, now)
			if err != nil {
				return err
			}
			wait, changes = max(wait, full), append(changes, change)
		}
		if wait > 0 {
			return nil
		}
		c = Claim{shared: s, limits: limits, at: now.UnixMilli()}
		return s.store.Commit(ctx, changes...)
	})
	if err != nil || wait > 0 {
		return Claim{}, wait, err
	}
	return c, 0, nil
}

// counting is the change that counts one attempt, or how long there is no room for it.
func (s *Shared) counting(ctx context.Context, limit Limit, now time.Time) (change store.Change, full time.Duration, err error) {
	if limit.Attempts <= 0 || limit.Window <= 0 {
		return store.Change{}, max(limit.Window, time.Millisecond), nil
	}
	record, kept, err := s.read(ctx, limit.Key)
	if err != nil {
		return store.Change{}, 0, err
	}
	over := now.Add(-limit.Window).UnixMilli()
	kept.At = slices.DeleteFunc(kept.At, func(at int64) bool { return at <= over })
	if n := len(kept.At); n >= limit.Attempts {
		return store.Change{}, max(time.Duration(kept.At[n-limit.Attempts]-over)*time.Millisecond, time.Millisecond), nil
	}
	kept.At = append(kept.At, now.UnixMilli())
	slices.Sort(kept.At) // clocks of nodes differ
	record.ExpiresAt, record.Body = now.Add(limit.Window), store.Body(kept)
	return writing(record), 0, nil
}

// GiveBack takes the attempt off every budget again: it was right, or it was never judged. If the store fails it stays
// counted.
func (c Claim) GiveBack(ctx context.Context) error {
	if c.shared == nil {
		return nil
	}
	return c.shared.change(ctx, c.limits, func(at []int64) []int64 {
		if i := slices.Index(at, c.at); i >= 0 {
			return slices.Delete(at, i, i+1)
		}
		return at
	})
}

// Reset forgets every attempt under the limit's key.
func (s *Shared) Reset(ctx context.Context, limit Limit) error {
	if s == nil {
		return nil
	}
	return s.change(ctx, []Limit{limit}, func([]int64) []int64 { return nil })
}

// change writes the moments of some budgets anew.
func (s *Shared) change(ctx context.Context, limits []Limit, to func([]int64) []int64) error {
	return store.Again(func() error {
		var changes []store.Change
		for _, limit := range limits {
			record, kept, err := s.read(ctx, limit.Key)
			if err != nil {
				return err
			}
			if record.Version == 0 {
				continue
			}
			if kept.At = to(kept.At); len(kept.At) == 0 {
				changes = append(changes, store.Deleting(record))
				continue
			}
			record.Body = store.Body(kept)
			changes = append(changes, store.Replacing(record))
		}
		return s.store.Commit(ctx, changes...)
	})
}

// read gives the record of a budget, at version 0 if there is none. Its key is a digest: a stranger says how long a name
// is, and what names people have tried is nobody's business.
func (s *Shared) read(ctx context.Context, key string) (store.Record, attemptsBody, error) {
	digest := digestOf(key)
	name := base64.RawURLEncoding.EncodeToString(digest[:])
	record, err := s.store.Get(ctx, store.Throttles, name)
	if errors.Is(err, store.ErrNotFound) {
		return store.Record{Kind: store.Throttles, Key: name}, attemptsBody{}, nil
	}
	if err != nil {
		return store.Record{}, attemptsBody{}, fmt.Errorf("read a budget: %w", err)
	}
	var kept attemptsBody
	if err := record.Decode(&kept); err != nil {
		return store.Record{}, attemptsBody{}, fmt.Errorf("read a budget: %w", err)
	}
	return record, kept, nil
}

func writing(record store.Record) store.Change {
	if record.Version == 0 {
		return store.Creating(record)
	}
	return store.Replacing(record)
}
