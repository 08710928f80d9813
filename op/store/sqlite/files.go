package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrLostStore says that the file is gone while its write-ahead log is not.
var ErrLostStore = errors.New("the file is missing or empty, but its write-ahead log is not: bring the file back, or remove the log to begin anew")

// resolve makes the store's folder, readable by its owner alone, and gives the one name of the file, so that
// two links to one store meet at one lock. A folder that is there already is left as it is: others may share
// it.
func resolve(path string) (string, error) {
	if path == "" {
		return "", errors.New("no path given")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(path)
	if err == nil {
		return real, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, filepath.Base(path)), nil
}

// secure makes the file before SQLite does, since SQLite goes by the umask, and takes the rights of others
// from one that is there. SQLite gives its companions the mode of the file, so those it makes later are right
// by themselves.
func secure(path string) error {
	if err := checkLog(path); err != nil {
		return err
	}
	// #nosec G304 -- the operator's own path
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	// Closed before SQLite opens it: closing any descriptor of a file drops all POSIX locks the process has
	// on it.
	if err := f.Close(); err != nil {
		return err
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is not a regular file", name)
		}
		if info.Mode().Perm()&0o077 != 0 {
			if err := os.Chmod(name, 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkLog refuses to begin anew beside a log: SQLite would delete it, and with it what was acknowledged,
// perhaps all there is.
func checkLog(path string) error {
	info, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil && info.Size() > 0 {
		return nil
	}
	log, err := os.Stat(path + "-wal")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if log.Size() > 0 {
		return fmt.Errorf("%w (%s)", ErrLostStore, path+"-wal")
	}
	return nil
}
