package memory

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Store keeps records in memory. It is made by New.
type Store struct {
	now func() time.Time

	mu      sync.RWMutex
	records map[store.Kind]map[string]store.Record
	closed  chan struct{}
}

var _ store.Store = (*Store)(nil)

// New makes an empty store that tells expiry by now.
func New(now func() time.Time) *Store {
	s := &Store{now: now, records: make(map[store.Kind]map[string]store.Record, len(store.Kinds)), closed: make(chan struct{})}
	for _, k := range store.Kinds {
		s.records[k] = make(map[string]store.Record)
	}
	return s
}

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, k store.Kind, key string) (store.Record, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.check(ctx, k, "get"); err != nil {
		return store.Record{}, err
	}
	r, ok := s.records[k][key]
	if !ok || r.ExpiredAt(s.now()) {
		return store.Record{}, store.ErrNotFound
	}
	return handedOut(r), nil
}

// List implements store.Store.
func (s *Store) List(ctx context.Context, k store.Kind, f store.Filter, after string, limit int) ([]store.Record, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.check(ctx, k, "list"); err != nil {
		return nil, err
	}
	if limit < 1 {
		return nil, fmt.Errorf("%w: a list needs a positive limit", store.ErrInvalid)
	}
	now := s.now()
	var keys []string
	for key, r := range s.records[k] {
		if key > after && f.Matches(r) && !r.ExpiredAt(now) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	var page []store.Record
	for _, key := range keys[:min(limit, len(keys))] {
		page = append(page, handedOut(s.records[k][key]))
	}
	return page, nil
}

// Watch implements store.Store. A memory has no other node, so nothing is ever reported.
func (s *Store) Watch(ctx context.Context, _ func(store.Change)) error {
	select {
	case <-ctx.Done():
		return store.Unavailable("watch", ctx.Err())
	case <-s.closed:
		return store.ErrClosed
	}
}

// Sweep implements store.Store.
func (s *Store) Sweep(ctx context.Context, now time.Time, limit int) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.check(ctx, store.Grants, "sweep"); err != nil {
		return 0, err
	}
	if limit < 1 {
		return 0, fmt.Errorf("%w: a sweep needs a positive limit", store.ErrInvalid)
	}
	swept := 0
	for _, records := range s.records {
		for key, r := range records {
			if swept == limit {
				return swept, nil
			}
			if r.ExpiredAt(now) {
				delete(records, key)
				swept++
			}
		}
	}
	return swept, nil
}

// Close implements store.Store.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
	default:
		close(s.closed)
		clear(s.records)
	}
	return nil
}

// check refuses, under the lock, what must not begin: a call on a closed store, for a context that has ended,
// about a kind there is not.
func (s *Store) check(ctx context.Context, k store.Kind, doing string) error {
	select {
	case <-s.closed:
		return store.ErrClosed
	default:
	}
	if err := ctx.Err(); err != nil {
		return store.Unavailable(doing, err)
	}
	if !k.Known() {
		return fmt.Errorf("%w: unknown kind %q", store.ErrInvalid, k)
	}
	return nil
}

// handedOut is a copy whose body the caller may change.
func handedOut(r store.Record) store.Record {
	r.Body = slices.Clone(r.Body)
	return r
}
