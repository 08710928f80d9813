package reload

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const settleWithin = 30 * time.Second

// settle waits until c holds the same for a while. Files of the store are not counted: its connections are opened as they
// are needed, up to a bound.
func settle(t *testing.T, c *harness.Caddy, store string) harness.Held {
	t.Helper()
	return c.Settle(t, of(store), nil)
}

// wantNoMore wants c to hold no more goroutines and files than before.
func wantNoMore(t *testing.T, before harness.Held, c *harness.Caddy, store string) {
	t.Helper()
	before.WantNoMore(t, c, of(store), 0)
	if n := len(ofStore(open(t, c), store)); n > storeFiles() {
		t.Errorf("%d files of the store are open, want at most %d", n, storeFiles())
	}
}

// of says which files are those of a store.
func of(store string) func(name string) bool {
	return func(name string) bool { return strings.HasPrefix(name, store) }
}

// open lists what the process has open.
func open(t *testing.T, c *harness.Caddy) []string {
	t.Helper()
	return c.Open(t)
}

// ofStore lists the files of a store among those that are open.
func ofStore(names []string, store string) []string {
	var ours []string
	for _, name := range names {
		if of(store)(name) {
			ours = append(ours, name)
		}
	}
	return ours
}

// storeFiles is how many a store may have open: for each connection the file and its log, once for all the
// index, and the lock.
func storeFiles() int { return 2*(1+max(4, 2*runtime.GOMAXPROCS(0))) + 2 }

// holds tells whether the process has a file of that store open.
func holds(t *testing.T, c *harness.Caddy, store string) bool {
	t.Helper()
	return len(ofStore(open(t, c), store)) > 0
}
