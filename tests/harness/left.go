package harness

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

const settleWithin = 60 * time.Second

// Held is what a process holds when nobody asks it for anything.
type Held struct {
	Goroutines, Files int
	// readers are goroutines of pgx that are not among the others: after a slow write one is there until something is read
	// from that connection again, which is when the pool next uses it.
	readers int
	profile string
	names   []string
}

// Settle waits until the process holds the same for a while, or no more than is wanted. Files whose name without excepts are
// not counted; nil excepts none.
func (c *Caddy) Settle(t testing.TB, without func(name string) bool, enough func(Held) bool) Held {
	t.Helper()
	last, same := c.look(t, without), 0
	for deadline := time.Now().Add(settleWithin); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		now := c.look(t, without)
		if now.Goroutines == last.Goroutines && now.Files == last.Files {
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

// WantNoMore wants the process to hold no more goroutines than before, and no more files but for so many: connections that a
// pool may have open, and read from.
func (before Held) WantNoMore(t testing.TB, c *Caddy, without func(name string) bool, spare int) {
	t.Helper()
	before.Files += spare
	after := c.Settle(t, without, func(now Held) bool { return now.Goroutines <= before.Goroutines && now.Files <= before.Files })
	if after.Goroutines > before.Goroutines {
		t.Errorf("%d goroutines, %d before:\n%s", after.Goroutines, before.Goroutines, after.profile)
	}
	if after.readers > spare {
		t.Errorf("%d goroutines read from %d connections:\n%s", after.readers, spare, after.profile)
	}
	if after.Files > before.Files {
		t.Errorf("%d files, %d before: %v, before %v", after.Files, before.Files, after.names, before.names)
	}
	t.Logf("goroutines %d -> %d, files %d -> %d", before.Goroutines, after.Goroutines, before.Files, after.Files)
}

// alike are the goroutines of a profile that stand at the same place: their number, and where that is.
var alike = regexp.MustCompile(`(?m)^(\d+) @ .*\n((?:#.*\n)*)`)

// reads is where Held's readers are.
const reads = "bgreader.(*BGReader).bgRead"

func (c *Caddy) look(t testing.TB, without func(name string) bool) Held {
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
	held := Held{profile: string(profile)}
	for _, group := range alike.FindAllStringSubmatch(held.profile, -1) {
		n, err := strconv.Atoi(group[1])
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(group[2], reads) {
			held.readers += n
		} else {
			held.Goroutines += n
		}
	}
	if held.Goroutines == 0 {
		t.Fatalf("no goroutine profile: %s", profile)
	}
	for _, name := range c.Open(t) {
		if without == nil || !without(name) {
			held.names = append(held.names, name)
		}
	}
	held.Files = len(held.names)
	return held
}

// Open lists what the process has open.
func (c *Caddy) Open(t testing.TB) []string {
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
