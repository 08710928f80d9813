package guard

import (
	"context"
	"sync/atomic"
)

// endable is the context of a request that may be ended from outside. What that takes is made when
// somebody waits for the end, as a proxy does; most handlers never ask, and pay nothing.
type endable struct {
	context.Context // as the request arrived with it
	waited          atomic.Pointer[cancelable]
}

// cancelable is a context of the standard library with the function that ends it.
type cancelable struct {
	context.Context
	cancel context.CancelFunc
}

// end cancels the context, also for whoever asks later.
func (e *endable) end() { e.wait().cancel() }

// wait gives the context that can be ended. It is let go with the request's own.
func (e *endable) wait() *cancelable {
	if known := e.waited.Load(); known != nil {
		return known
	}
	ctx, cancel := context.WithCancel(e.Context)
	made := &cancelable{ctx, cancel}
	if e.waited.CompareAndSwap(nil, made) {
		return made
	}
	cancel()
	return e.waited.Load()
}

// Done implements context.Context.
func (e *endable) Done() <-chan struct{} { return e.wait().Done() }

// Err implements context.Context.
func (e *endable) Err() error {
	if made := e.waited.Load(); made != nil {
		return made.Err()
	}
	return e.Context.Err()
}

// Value implements context.Context. It asks the context that can be ended, if there is one: what is
// derived from this one finds that by a value of its own, and else would run a goroutine to watch it.
func (e *endable) Value(key any) any {
	if made := e.waited.Load(); made != nil {
		return made.Value(key)
	}
	return e.Context.Value(key)
}

// Interface guard
var _ context.Context = (*endable)(nil)
