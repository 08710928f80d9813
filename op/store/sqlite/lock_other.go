//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package sqlite

import (
	"errors"
	"os"
)

// lockFile refuses: without a lock that ends with its process, two of them could write one store unseen.
func lockFile(*os.File) error {
	return errors.New("this system offers no file lock that the store can rely on")
}
