package caddymodule

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/seed-5b16f944/gatehouse/op"
)

// states holds every open State of this process, by the place where it lives. A configuration leases the
// State it needs, so that a new one takes over the State of the old one with all its sessions, throttles and
// remembered tokens.
var states = caddy.NewUsagePool()

// openState is a State in the pool.
type openState struct {
	*op.State

	// sealedBy is the fingerprint of the key-encryption key the State was opened with.
	sealedBy [sha256.Size]byte
}

// Destruct closes the State when the last configuration has let go of it.
func (s *openState) Destruct() error { return s.Close() }

var errOtherKey = errors.New("keys: encryption_key differs from the one this store was opened with; " +
	"a store keeps its key for good, another key takes another store")

// startWait is how long Caddy waits at its start for a database that does not answer yet.
const startWait = 15 * time.Second

// openWait is how long to wait now. Whoever reloads is told at once: it goes on as before meanwhile.
func openWait() time.Duration {
	if caddy.ActiveContext().Context != nil {
		return 0
	}
	return startWait
}

// leaseState takes a share in the State at location and opens it if nobody has. A failed open is not
// remembered. Whoever got a State calls releaseState exactly once.
func leaseState(ctx context.Context, key string, location op.Location) (*op.State, error) {
	sealedBy := fingerprint(location.EncryptionKey)
	location.Wait = openWait()
	value, _, err := states.LoadOrNew(key, func() (caddy.Destructor, error) {
		state, err := op.Open(ctx, location)
		if err != nil {
			return nil, err
		}
		return &openState{State: state, sealedBy: sealedBy}, nil
	})
	if err != nil {
		return nil, err
	}
	open := value.(*openState)
	if open.sealedBy != sealedBy {
		_, err := states.Delete(key)
		return nil, errors.Join(errOtherKey, err)
	}
	return open.State, nil
}

// releaseState gives a share back and tells whether it was the last one, with which the State was closed.
func releaseState(key string) (closed bool, err error) {
	return states.Delete(key)
}
