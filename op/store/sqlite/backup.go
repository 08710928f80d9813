package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// ErrExists says that there is a file already where one was to be made. Nothing is ever written over.
var ErrExists = errors.New("there is a file of this name already")

// Backup makes a new store at to that holds the records of those kinds of the store at from, all as they were at
// one moment, and added. A program may be writing to from meanwhile: its lock is not taken, and it is not held up.
// The new file is readable by its owner alone and whole before it has its name; ErrExists if the name is taken.
// Nothing is left behind on failure.
func Backup(ctx context.Context, from, to string, kinds []store.Kind, added ...store.Record) error {
	from, err := existing(from)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp(filepath.Dir(to), ".backup-*") // of mode 0700
	if err != nil {
		return err
	}
	part := filepath.Join(folder, "part.db")
	if err := fill(ctx, from, part, kinds, added); err != nil {
		return errors.Join(fmt.Errorf("backup of %s: %w", from, err), os.RemoveAll(folder))
	}
	return errors.Join(appear(part, to), os.RemoveAll(folder))
}

// existing finds the file of a store without making one.
func existing(path string) (string, error) {
	if err := checkLog(path); err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(real)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return "", fmt.Errorf("%s is no store", path)
	}
	return filepath.Abs(real)
}

// fill makes the new store in a file of its own and closes it, with nothing left in its log.
func fill(ctx context.Context, from, to string, kinds []store.Kind, added []store.Record) (err error) {
	if err := secure(to); err != nil {
		return err
	}
	db, err := connect(to, 1, writerSettings...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := checkEngine(ctx, db); err != nil {
		return err
	}
	if err := migrate(ctx, db); err != nil {
		return err
	}
	conn, err := db.Conn(ctx) // an attached file belongs to one connection
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, "ATTACH ?1 AS live", "file:"+escaped(from)+"?mode=ro"); err != nil {
		return err
	}
	if err := carry(ctx, conn, kinds, added); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "DETACH live")
	return err
}

// carry copies in one transaction, which sees the live store as it was when the first table was read.
func carry(ctx context.Context, conn *sql.Conn, kinds []store.Kind, added []store.Record) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for _, k := range kinds {
		t, known := texts[k]
		if !known {
			return errors.Join(fmt.Errorf("%w: unknown kind %q", store.ErrInvalid, k), tx.Rollback())
		}
		if _, err := tx.ExecContext(ctx, t.carry); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	for _, r := range added {
		_, err := tx.ExecContext(ctx, texts[r.Kind].put, nil, r.Key, 1, expiry(r), r.GrantID, r.SessionID, r.Subject, r.ClientID, body(r))
		if err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

// appear gives a finished file its name, unless somebody else has it. The name is taken first, by a file that only
// this call can have made, and the finished one put in its place: at no time does half a backup bear it.
func appear(part, to string) error {
	// #nosec G304 -- the operator's own path
	taken, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: %w", to, ErrExists)
	}
	if err != nil {
		return err
	}
	if err := errors.Join(taken.Close(), os.Rename(part, to)); err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return syncFolder(filepath.Dir(to))
}

// syncFolder makes the name of a new file last. Windows keeps names without being asked, and offers no way to.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(path) // #nosec G304 -- the operator's own path
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
