package sqlite

import (
	"fmt"
	"os"
)

// lock is the file that says whose store this is. It stays when the store is closed: removing it would let two
// processes lock two files of one name.
type lock struct{ file *os.File }

// acquire takes the lock or fails at once with ErrInUse. The system drops it when the process ends, however
// it ends.
func acquire(path string) (*lock, error) {
	// #nosec G304 -- the operator's own path
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockFile(f); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock file %s: %w", path, err)
	}
	return &lock{file: f}, nil
}

// release gives the lock back; closing the file does it.
func (l *lock) release() error { return l.file.Close() }
