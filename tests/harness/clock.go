package harness

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// clockVariable names the file by which the clock of a node is set.
const clockVariable = "GATEHOUSE_TEST_CLOCK"

// SetClock has the clock of the machine that this node is on be wrong by so much, from a few milliseconds later on. It
// takes a House with a folder of Clocks, and may be called before the node runs.
func (h *House) SetClock(t testing.TB, by time.Duration) {
	t.Helper()
	// Renamed into its place, so that nobody reads half of it.
	next := h.clock() + ".next"
	if err := os.WriteFile(next, []byte(by.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, h.clock()); err != nil {
		t.Fatal(err)
	}
}

func (h *House) clock() string { return filepath.Join(h.Clocks, h.address()) }

// program is the path of what this House runs, and what it needs in its environment.
func (h *House) program(t testing.TB) (path string, env []string) {
	t.Helper()
	if h.Clocks == "" {
		return Binary(t), nil
	}
	path, err := steppingBuild()
	if err != nil {
		t.Fatal(err)
	}
	return path, []string{clockVariable + "=" + h.clock()}
}

// steppingBuild is a Caddy in which the one function of the provider that reads the clock of the machine is another.
// The program that people run has no such switch.
var steppingBuild = sync.OnceValues(func() (string, error) {
	home, err := buildFolder()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(home, "stepping-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {
		filepath.Join(Root(), "op", "clock.go"): filepath.Join(Root(), "tests", "harness", "testdata", "clock.go"),
	}})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		return "", err
	}
	// Without the race detector: what is slow about a build are the packages of others, and those are there already.
	return compile(filepath.Join(home, "stepping"), dir, []string{"CGO_ENABLED=0"}, "-overlay", file)
})
