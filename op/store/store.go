package store

import (
	"context"
	"time"
)

// Reader is what is read of a store, or of a snapshot of one.
type Reader interface {
	// Get reads one record. ErrNotFound if there is none or it is past its expiry.
	Get(ctx context.Context, k Kind, key string) (Record, error)
	// List reads up to limit records of a kind that pass the filter, in byte order of their keys, beginning
	// behind the key after ("" is the beginning). Fewer than limit means there are no more. ErrInvalid if
	// limit is not positive. Pages are read one by one: what is written between two pages may or may not
	// show, unless the Reader is a snapshot.
	List(ctx context.Context, k Kind, f Filter, after string, limit int) ([]Record, error)
}

// Store remembers records. All methods may be called by many goroutines at once.
type Store interface {
	Reader
	// Commit makes all of the changes or none. They count in their order: a change sees those before it. The
	// first that cannot be made is reported as a LostError with ErrExists or ErrConflict. When Commit returns
	// nil the changes are as durable as the backend gets. With any other error than ErrExists, ErrConflict
	// and ErrInvalid the outcome is unknown: the changes may come to light later.
	Commit(ctx context.Context, changes ...Change) error
	// Watch reports changes made by other nodes, those that are Told, until ctx ends, which it answers with an
	// error that wraps ctx.Err(). It does not report this node's own commits, unless their outcome was unknown.
	// Loss is never silent: the zero Change says that changes may have been missed, and so does any return before
	// ctx has ended. A backend with other nodes reports the zero Change as soon as it hears, Heard several times a
	// second from then on, and notices within a second that it does not hear any more. One without blocks until ctx
	// ends or the store is closed and reports nothing.
	Watch(ctx context.Context, changed func(Change)) error
	// Sweep removes up to limit records that are past their expiry at now and says how many. Fewer than limit
	// means that none is left. It changes nothing that Get or List could show at now. ErrInvalid if limit is
	// not positive.
	Sweep(ctx context.Context, now time.Time, limit int) (int, error)
	// Close waits for what is in flight and gives everything back. Later calls answer ErrClosed; a later
	// Close is nil.
	Close() error
}
