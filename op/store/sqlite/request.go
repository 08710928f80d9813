package sqlite

import (
	"context"
	"sync/atomic"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// What becomes of a request: it waits until either the writer takes it or its author gives up, never both.
const (
	waiting int32 = iota
	taken
	abandoned
)

// request is work for the writer. The work runs inside a transaction; refused is the author's own outcome
// (somebody else won), failed ends the transaction for everybody in it.
type request struct {
	work  func(w *writer) (refused, failed error)
	state atomic.Int32
	done  chan error
}

// submit hands work to the writer and waits for its outcome. A context that ends before the writer takes the work
// cancels it; afterwards only the outcome counts, since the changes may be on disk already.
func (w *writer) submit(ctx context.Context, doing string, work func(w *writer) (refused, failed error)) error {
	r := &request{work: work, done: make(chan error, 1)}
	select {
	case w.queue <- r:
	case <-ctx.Done():
		return store.Unavailable(doing, ctx.Err())
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		if r.state.CompareAndSwap(waiting, abandoned) {
			return store.Unavailable(doing, ctx.Err())
		}
		return <-r.done
	}
}

// take reports whether the request is still wanted; from then on its author waits for the outcome.
func (r *request) take() bool { return r.state.CompareAndSwap(waiting, taken) }
