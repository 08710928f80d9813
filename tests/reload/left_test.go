package reload

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const settleWithin = 30 * time.Second

// held is what a process holds when nobody asks it for anything.
type held struct {
	goroutines, files int
	profile           string
	names             []string
}

// settle waits until c holds the same for a while, or no more than is wanted. Files of the store are not
// counted: its connections are opened as they are needed, up to a bound.
func settle(t *testing.T, c *harness.Caddy, store string, enough func(held) bool) held {
	t.Helper()
	last, same := look(t, c, store), 0
	for deadline := time.Now().Add(settleWithin); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		now := look(t, c, store)
		if now.goroutines == last.goroutines && now.files == last.files {
			same++
		} else {
			same = 0
		}
		last = now
		if enough != nil && enough(now) || enough == nil && same >= 20 {
			break
		}
	}
	return last
}

// wantNoMore wants c to hold no more goroutines and files than before.
func (before held) wantNoMore(t *testing.T, c *harness.Caddy, store string) {
	t.Helper()
	after := settle(t, c, store, func(now held) bool { return now.goroutines <= before.goroutines && now.files <= before.files })
	if after.goroutines > before.goroutines {
		t.Errorf("%d goroutines, %d before:\n%s", after.goroutines, before.goroutines, after.profile)
	}
	if after.files > before.files {
		t.Errorf("%d files, %d before: %v, before %v", after.files, before.files, after.names, before.names)
	}
	if n := len(ofStore(open(t, c), store)); n > storeFiles() {
		t.Errorf("%d files of the store are open, want at most %d", n, storeFiles())
	}
	t.Logf("goroutines %d -> %d, files %d -> %d", before.goroutines, after.goroutines, before.files, after.files)
}

var total = regexp.MustCompile(`total (\d+)`)

func look(t *testing.T, c *harness.Caddy, store string) held {
	t.Helper()
	// A connection of its own, so that it is the same in each look.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}
	answer, err := client.Get(c.Admin + "/debug/pprof/goroutine?debug=1")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	profile, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	found := total.FindSubmatch(profile)
	if found == nil {
		t.Fatalf("no goroutine profile: %s", profile)
	}
	count, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	names := open(t, c)
	ours := ofStore(names, store)
	names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(ours, name) })
	return held{goroutines: count, files: len(names), profile: string(profile), names: names}
}

// open lists what the process has open.
func open(t *testing.T, c *harness.Caddy) []string {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", c.PID())
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if name, err := os.Readlink(filepath.Join(dir, entry.Name())); err == nil {
			names = append(names, name)
		}
	}
	return names
}

// ofStore lists the files of a store among those that are open.
func ofStore(names []string, store string) []string {
	var ours []string
	for _, name := range names {
		if strings.HasPrefix(name, store) {
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
