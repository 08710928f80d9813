package granttest

import (
	"context"
	"sync/atomic"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Faults is a store that fails where a test wants it to and counts what it is asked.
type Faults struct {
	store.Store
	failRead  atomic.Pointer[func(k store.Kind) bool]
	failWrite atomic.Pointer[func(changes []store.Change) bool]
	failList  atomic.Bool
	contend   atomic.Bool
	commits   atomic.Int64
	reads     atomic.Int64
}

// FailReads makes every Get fail for which fail is true; nil makes none fail.
func (f *Faults) FailReads(fail func(k store.Kind) bool) {
	if fail == nil {
		f.failRead.Store(nil)
		return
	}
	f.failRead.Store(&fail)
}

// FailWrites makes every Commit fail for which fail is true; nil makes none fail.
func (f *Faults) FailWrites(fail func(changes []store.Change) bool) {
	if fail == nil {
		f.failWrite.Store(nil)
		return
	}
	f.failWrite.Store(&fail)
}

// FailLists makes every List fail while it is on.
func (f *Faults) FailLists(on bool) { f.failList.Store(on) }

// Contend makes every Commit lose to another while it is on.
func (f *Faults) Contend(on bool) { f.contend.Store(on) }

// Commits is how many commits were asked for.
func (f *Faults) Commits() int64 { return f.commits.Load() }

// Reads is how many records were asked for.
func (f *Faults) Reads() int64 { return f.reads.Load() }

// Get implements store.Store.
func (f *Faults) Get(ctx context.Context, k store.Kind, key string) (store.Record, error) {
	f.reads.Add(1)
	if fail := f.failRead.Load(); fail != nil && (*fail)(k) {
		return store.Record{}, store.Unavailable("get", oauth.ErrUnavailable)
	}
	return f.Store.Get(ctx, k, key)
}

// List implements store.Store.
func (f *Faults) List(ctx context.Context, k store.Kind, filter store.Filter, after string, limit int) ([]store.Record, error) {
	if f.failList.Load() {
		return nil, store.Unavailable("list", oauth.ErrUnavailable)
	}
	return f.Store.List(ctx, k, filter, after, limit)
}

// Commit implements store.Store.
func (f *Faults) Commit(ctx context.Context, changes ...store.Change) error {
	f.commits.Add(1)
	if fail := f.failWrite.Load(); fail != nil && (*fail)(changes) {
		return store.Unavailable("commit", oauth.ErrUnavailable)
	}
	if f.contend.Load() {
		return store.ErrConflict
	}
	return f.Store.Commit(ctx, changes...)
}
