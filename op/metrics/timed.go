package metrics

import (
	"context"
	"errors"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// timed is a store whose operations are measured.
type timed struct {
	store.Store
	count *Provider
}

// Timed measures how long the operations of s take, and counts those without an answer. That there is no such record,
// or that somebody else was first, is an answer; that a caller has gone is no fault of the store. A nil Provider
// measures nothing.
func Timed(s store.Store, count *Provider) store.Store {
	if count == nil {
		return s
	}
	return &timed{s, count}
}

func (t *timed) done(ctx context.Context, operation string, since time.Time, err error) {
	failed := errors.Is(err, oauth.ErrUnavailable) && !errors.Is(ctx.Err(), context.Canceled)
	t.count.operation(operation, time.Since(since), failed)
}

// Get is store.Store's.
func (t *timed) Get(ctx context.Context, k store.Kind, key string) (store.Record, error) {
	began := time.Now()
	record, err := t.Store.Get(ctx, k, key)
	t.done(ctx, "get", began, err)
	return record, err
}

// List is store.Store's.
func (t *timed) List(ctx context.Context, k store.Kind, f store.Filter, after string, limit int) ([]store.Record, error) {
	began := time.Now()
	records, err := t.Store.List(ctx, k, f, after, limit)
	t.done(ctx, "list", began, err)
	return records, err
}

// Commit is store.Store's.
func (t *timed) Commit(ctx context.Context, changes ...store.Change) error {
	began := time.Now()
	err := t.Store.Commit(ctx, changes...)
	t.done(ctx, "commit", began, err)
	return err
}

// Sweep is store.Store's.
func (t *timed) Sweep(ctx context.Context, now time.Time, limit int) (int, error) {
	began := time.Now()
	n, err := t.Store.Sweep(ctx, now, limit)
	t.done(ctx, "sweep", began, err)
	return n, err
}
