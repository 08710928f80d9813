package op

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/moving"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/postgres"
	"github.com/seed-5b16f944/gatehouse/op/store/sqlite"
)

// errMemory: what is in the memory of a process is not to be had from outside.
var errMemory = errors.New("storage memory ends with its process: there is nothing to carry")

// Carried says what an export or an import has done.
type Carried struct {
	// Provider and Issuer are whose store it was, At is when the file was begun.
	Provider, Issuer string
	At               time.Time
	// Records is how many there were.
	Records int
	// Moved says that the new store goes on where the old one ended. Otherwise it is a copy: nobody is signed in to it.
	Moved bool
}

// SyncWriter is a file that says when what was written to it lasts.
type SyncWriter interface {
	io.Writer
	Sync() error
}

// Export writes the store of a provider to a file: all of it, which ends the store for good, or a copy, of what lasts,
// of one moment, while programs may serve from it. A store that is in use is not ended (sqlite.ErrInUse,
// postgres.ErrInUse). If the file does not come to be, the store is as it was.
func Export(ctx context.Context, at Location, of Carried, to SyncWriter) (Carried, error) {
	if at.Driver == DriverMemory {
		return Carried{}, errMemory
	}
	of.At = at.now().UTC().Truncate(time.Millisecond)
	header := moving.Header{Moves: of.Moved, Provider: of.Provider, Issuer: of.Issuer, At: of.At}
	var err error
	if of.Moved {
		of.Records, err = exportAll(ctx, at, header, to)
	} else {
		of.Records, err = exportCopy(ctx, at, header, to)
	}
	return of, err
}

func exportAll(ctx context.Context, at Location, header moving.Header, to SyncWriter) (records int, err error) {
	backend, now, err := openAlone(ctx, at)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, backend.Close()) }()
	restored, back, err := moving.Leave(ctx, backend, now())
	if err != nil {
		return 0, err
	}
	header.Restored = restored
	if err = at.settle(ctx); err == nil {
		records, err = writeAll(ctx, to, backend, header)
	}
	if err != nil {
		return 0, errors.Join(err, back(context.WithoutCancel(ctx)))
	}
	return records, nil
}

// openAlone opens a store that is there, to end it: no other program is in it.
func openAlone(ctx context.Context, at Location) (store.Store, func() time.Time, error) {
	// To open it would be to make it.
	live, err := openSnapshot(ctx, at)
	if err != nil {
		return nil, nil, err
	}
	if err := live.Close(); err != nil {
		return nil, nil, err
	}
	return openToFill(ctx, at)
}

// settle waits until every program that was cut off from the store, and so did not keep it from being ended, knows that
// and answers nothing from memory.
func (at Location) settle(ctx context.Context) error {
	if !at.shared() {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(postgres.Deafness):
		return nil
	}
}

// snapshot is a store as it was at one moment.
type snapshot interface {
	store.Reader
	io.Closer
}

func openSnapshot(ctx context.Context, at Location) (snapshot, error) {
	if at.shared() {
		return postgres.OpenSnapshot(ctx, at.Postgres, at.now())
	}
	return sqlite.OpenSnapshot(ctx, at.Path, at.now())
}

func exportCopy(ctx context.Context, at Location, header moving.Header, to SyncWriter) (records int, err error) {
	from, err := openSnapshot(ctx, at)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	if err := moving.CheckWhole(ctx, from); err != nil {
		return 0, err
	}
	return writeAll(ctx, to, from, header)
}

// writeAll writes a file and waits until it is on disk.
func writeAll(ctx context.Context, to SyncWriter, from store.Reader, header moving.Header) (records int, err error) {
	if records, err = moving.Write(ctx, to, from, header); err != nil {
		return 0, err
	}
	return records, to.Sync()
}
