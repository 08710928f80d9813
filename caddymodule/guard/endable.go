package guard

import (
	"context"
	"sync/atomic"
	"time"
)

// endable is the context of a request that may be ended from outside. What that takes is made when
// somebody waits for the end, as a proxy does; most handlers never ask, and pay nothing.
//
// What is made ends with the request's own context only once follow was called, which is for those who
// outlast a look at what is in flight: it costs more than all the rest, and most requests are over by then.
// Until then a client that went away shows in Err, and wakes nobody.
type endable struct {
	context.Context // as the request arrived with it
	waited          atomic.Pointer[cancelable]
}

// cancelable is a context of the standard library with the function that ends it.
type cancelable struct {
	context.Context
	cancel  context.CancelFunc
	follows bool // of the one goroutine that looks
}

// released stands where a request is over and its context is again the one it arrived with.
var released = new(cancelable)

// end cancels the context, also for whoever asks later.
func (e *endable) end() {
	if made := e.wait(); made != released {
		made.cancel()
	}
}

// release ends what was derived from the context, and leaves those who come after the handlers (error
// pages do) with the context that the request arrived with.
func (e *endable) release() {
	if made := e.waited.Swap(released); made != nil {
		made.cancel()
	}
}

// follow ends the context with the one that the request arrived with from now on, if anybody waits for it.
func (e *endable) follow() {
	made := e.waited.Load()
	if made == nil || made == released || made.follows {
		return
	}
	made.follows = true
	context.AfterFunc(e.Context, made.cancel)
}

// wait gives the context that can be ended.
func (e *endable) wait() *cancelable {
	if known := e.waited.Load(); known != nil {
		return known
	}
	made := new(cancelable)
	made.Context, made.cancel = context.WithCancel(e.above())
	if e.waited.CompareAndSwap(nil, made) {
		return made
	}
	made.cancel()
	return e.waited.Load()
}

// above is what the context that can be ended derives from. A deadline is kept to the moment, and told
// from an end.
func (e *endable) above() context.Context {
	if _, limited := e.Context.Deadline(); limited {
		return e.Context
	}
	return (*unfollowed)(e)
}

// Done implements context.Context.
func (e *endable) Done() <-chan struct{} {
	if made := e.wait(); made != released {
		return made.Done()
	}
	return e.Context.Done()
}

// Err implements context.Context.
func (e *endable) Err() error {
	if made := e.waited.Load(); made != nil && made != released {
		if err := made.Err(); err != nil {
			return err
		}
	}
	return e.Context.Err()
}

// Value implements context.Context. It asks the context that can be ended, if there is one: what is
// derived from this one finds that by a value of its own, and else would run a goroutine to watch it.
func (e *endable) Value(key any) any {
	if made := e.waited.Load(); made != nil && made != released {
		return made.Value(key)
	}
	return e.Context.Value(key)
}

// unfollowed is the request's own context as one that never ends.
type unfollowed endable

// Deadline implements context.Context.
func (u *unfollowed) Deadline() (deadline time.Time, ok bool) { return u.Context.Deadline() }

// Done implements context.Context.
func (*unfollowed) Done() <-chan struct{} { return nil }

// Err implements context.Context.
func (*unfollowed) Err() error { return nil }

// Value implements context.Context.
func (u *unfollowed) Value(key any) any { return u.Context.Value(key) }

// Interface guards
var (
	_ context.Context = (*endable)(nil)
	_ context.Context = (*unfollowed)(nil)
)
