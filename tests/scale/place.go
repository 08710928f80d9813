package main

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// place is where the store of a side is.
type place interface {
	location(now func() time.Time) op.Location
	// open opens the store alone, while no provider has it.
	open(t testing.TB, now func() time.Time) store.Store
	// fill writes copies past the store, as fast as can be, while nobody has it open.
	fill(t testing.TB, c *copies)
	// size is what all of it takes on disk, in bytes.
	size(t testing.TB) int64
	// past counts the records that have expired, also while a provider serves.
	past(t testing.TB, now time.Time) int
	// condition tells what there is to know of the sweeping that shows nowhere else.
	condition(t testing.TB) string
}

// storages make two places that have nothing in common but the machine.
var storages = map[string]func(t testing.TB) (few, many place){
	op.DriverPostgres: postgresPlaces,
	op.DriverSQLite:   sqlitePlaces,
}

func names[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }

// columns are those of every table, in the order of values.
var columns = []string{"key", "version", "expires_at", "grant_id", "session_id", "subject", "client_id", "body"}

// values are a record as both backends keep it.
func values(r store.Record) []any {
	all := []any{r.Key, r.Version, nil, nil, nil, nil, nil, string(r.Body)}
	if !r.ExpiresAt.IsZero() {
		all[2] = r.ExpiresAt.UnixMilli()
	}
	for i, hangs := range []string{r.GrantID, r.SessionID, r.Subject, r.ClientID} {
		if hangs != "" {
			all[3+i] = hangs
		}
	}
	return all
}
