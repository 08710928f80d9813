package session_test

import (
	"context"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// countingStore counts commits.
type countingStore struct {
	store.Store
	commits int
}

func (s *countingStore) Commit(ctx context.Context, changes ...store.Change) error {
	s.commits++
	return s.Store.Commit(ctx, changes...)
}

// overtakingStore lets something happen before the next commit of a session.
type overtakingStore struct {
	store.Store
	before func()
}

func (s *overtakingStore) Commit(ctx context.Context, changes ...store.Change) error {
	if before := s.before; before != nil && changes[0].Record.Kind == store.Sessions {
		s.before = nil
		before()
	}
	return s.Store.Commit(ctx, changes...)
}
