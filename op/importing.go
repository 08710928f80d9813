package op

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/moving"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/postgres"
	"github.com/seed-5b16f944/gatehouse/op/store/sqlite"
)

// Import fills the empty store at a Location with a file of Export, all of it or nothing. The file is read to its end
// before the store is touched. It has to be of that issuer, whose name is in every token, and what it holds has to open
// with the encryption key of the Location. A file that was imported is a copy from then on, and says so itself.
func Import(ctx context.Context, at Location, issuer string, file *os.File) (Carried, error) {
	if at.Driver == DriverMemory {
		return Carried{}, errMemory
	}
	records := 0
	header, err := moving.Read(file, func(moving.Header, store.Record) error {
		records++
		return nil
	})
	if err != nil {
		return Carried{}, err
	}
	if header.Issuer != issuer {
		return Carried{}, fmt.Errorf("the file is of the issuer %q, and the provider is %q: what was issued under one name is worth nothing under the other", header.Issuer, issuer)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return Carried{}, err
	}
	if err := importInto(ctx, at, file); err != nil {
		return Carried{}, err
	}
	if err := errors.Join(moving.Taken(file), file.Sync()); err != nil {
		return Carried{}, fmt.Errorf("the import is done, but the file could not be marked as used; remove it, nobody must import it again: %w", err)
	}
	return Carried{Provider: header.Provider, Issuer: header.Issuer, At: header.At, Records: records, Moved: header.Moves}, nil
}

// openToFill opens a store, which may be made by that, so that no other program is in it.
func openToFill(ctx context.Context, at Location) (store.Store, func() time.Time, error) {
	if !at.shared() {
		s, err := sqlite.Open(ctx, at.Path, at.now)
		return s, at.now, err
	}
	s, err := postgres.OpenAlone(ctx, at.Postgres, at.Now, wall)
	if err != nil {
		return nil, nil, err
	}
	return s, s.Now, nil
}

func importInto(ctx context.Context, at Location, file io.Reader) (err error) {
	backend, now, err := openToFill(ctx, at)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, backend.Close()) }()
	_, err = moving.Import(ctx, backend, file, now(), func(ctx context.Context) error {
		secrets, err := keys.OpenSecrets(ctx, backend, at.EncryptionKey)
		if err != nil {
			return err
		}
		_, err = keys.OpenRing(ctx, backend, secrets, now)
		return err
	})
	return err
}
