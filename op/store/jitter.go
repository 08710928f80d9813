package store

import (
	"crypto/rand"
	"encoding/binary"
	"time"
)

// Jitter is a random time between half of d and d, for who tries something again that others try again as well.
func Jitter(d time.Duration) time.Duration {
	var random [8]byte
	_, _ = rand.Read(random[:]) // which never fails
	half := d / 2
	if half <= 0 {
		return d
	}
	return half + time.Duration(binary.BigEndian.Uint64(random[:])%uint64(half))
}
