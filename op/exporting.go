package op

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/moving"
	"github.com/seed-5b16f944/gatehouse/op/store/sqlite"
)

// errMemory: what is in the memory of a process is not to be had from outside.
var errMemory = errors.New("storage memory ends with its process: there is nothing to carry")

// exclusive are the drivers whose store knows that no other program serves from it, which is what it takes to end it.
var exclusive = map[string]bool{DriverSQLite: true, "": true}

// ErrShared says that a store cannot be moved, since other programs may be serving from it; it can be copied.
var ErrShared = errors.New("other programs may be serving from this store, so it cannot be ended; it can be exported as a copy")

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
// while a program may serve from it. A store that is in use is not ended (sqlite.ErrInUse), one that several may use
// neither (ErrShared). If the file does not come to be, the store is as it was.
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
	if !exclusive[at.Driver] {
		return 0, ErrShared
	}
	if err := sqlite.Check(at.Path); err != nil { // to open it would be to make it
		return 0, err
	}
	backend, _, err := openStore(ctx, at)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, backend.Close()) }()
	restored, back, err := moving.Leave(ctx, backend, at.now())
	if err != nil {
		return 0, err
	}
	header.Restored = restored
	records, err = writeAll(ctx, to, backend, header)
	if err != nil {
		return 0, errors.Join(err, back(context.WithoutCancel(ctx)))
	}
	return records, nil
}

func exportCopy(ctx context.Context, at Location, header moving.Header, to SyncWriter) (records int, err error) {
	var from interface {
		moving.Reader
		io.Closer
	}
	if at.Driver == DriverSQLite || at.Driver == "" {
		from, err = sqlite.OpenSnapshot(ctx, at.Path, at.now())
	} else {
		from, _, err = openStore(ctx, at)
	}
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
func writeAll(ctx context.Context, to SyncWriter, from moving.Reader, header moving.Header) (records int, err error) {
	if records, err = moving.Write(ctx, to, from, header); err != nil {
		return 0, err
	}
	return records, to.Sync()
}
