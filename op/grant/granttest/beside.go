package granttest

import (
	"context"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// late is a store whose Watch hears, and is never told anything, though it believes that nothing happens for an hour.
type late struct{ store.Store }

func (late) Watch(ctx context.Context, changed func(store.Change)) error {
	changed(store.Change{})
	changed(store.Heard(time.Now().Add(time.Hour)))
	<-ctx.Done()
	return ctx.Err()
}

// Beside is another node of the same store. The news of what other nodes do is on its way there, and does not arrive.
func (w *World) Beside(t testing.TB) *World {
	t.Helper()
	other := *w
	other.Generations = new(store.Generations)
	other.Store = store.TrackShared(late{w.Faults}, other.Generations)
	other.Memory = grant.NewMemory(other.Generations, 10_000)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	hears, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		_ = other.Store.Watch(ctx, func(store.Change) { close(hears) })
	}()
	t.Cleanup(func() { cancel(); <-ended })
	<-hears
	return &other
}
