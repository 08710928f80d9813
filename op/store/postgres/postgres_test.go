package postgres_test

import (
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/postgres"
	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
	"github.com/seed-5b16f944/gatehouse/op/store/storetest"
)

// mustOpen opens a store that the test's end closes.
func mustOpen(t testing.TB, dsn string, now func() time.Time) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), postgres.Config{DSN: postgres.DSN(dsn)}, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestContract(t *testing.T) {
	var places sync.Map
	open := func(t *testing.T, dsn string, now func() time.Time) store.Store {
		s := mustOpen(t, dsn, now)
		places.Store(store.Store(s), dsn)
		return s
	}
	storetest.Run(t,
		func(t *testing.T, now func() time.Time) store.Store {
			return open(t, postgrestest.Database(t), now)
		},
		func(t *testing.T, s store.Store, now func() time.Time) store.Store {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			dsn, _ := places.Load(s)
			return open(t, dsn.(string), now)
		})
}
