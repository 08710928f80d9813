package op

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-5b16f944/gatehouse/op/moving"
	"github.com/seed-5b16f944/gatehouse/op/store/sqlite"
)

// errNoFile: a backup by file is of a file.
var errNoFile = errors.New("only a store in a SQLite file is backed up so; PostgreSQL has tools of its own, and caddy openid export writes any store to a file")

// Backup writes what lasts of the SQLite store at a Location to the new file to, also while a program serves from it.
// The new file is a store: put in the place of the other one it knows its keys, subjects, accounts and clients, and nobody
// is signed in to it. The error is sqlite.ErrExists if the file is there.
func Backup(ctx context.Context, at Location, to string) error {
	if at.Driver != DriverSQLite && at.Driver != "" {
		return errNoFile
	}
	live, err := sqlite.OpenSnapshot(ctx, at.Path, at.now())
	if err != nil {
		return err
	}
	if err := errors.Join(moving.CheckWhole(ctx, live), live.Close()); err != nil {
		return fmt.Errorf("%s: %w", at.Path, err)
	}
	return sqlite.Backup(ctx, at.Path, to, moving.Lasting(), moving.CopyMark(at.now()))
}
