package sqlite_test

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/sqlite"
	"github.com/seed-5b16f944/gatehouse/op/store/storetest"
)

// mustOpen opens a store that the test's end closes.
func mustOpen(t testing.TB, path string, now func() time.Time) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestContract(t *testing.T) {
	var paths sync.Map
	open := func(t *testing.T, path string, now func() time.Time) store.Store {
		s := mustOpen(t, path, now)
		paths.Store(store.Store(s), path)
		return s
	}
	storetest.Run(t,
		func(t *testing.T, now func() time.Time) store.Store {
			return open(t, filepath.Join(t.TempDir(), "store.db"), now)
		},
		func(t *testing.T, s store.Store, now func() time.Time) store.Store {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			path, _ := paths.Load(s)
			return open(t, path.(string), now)
		})
}
