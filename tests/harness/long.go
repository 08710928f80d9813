package harness

import (
	"fmt"
	"os"
	"testing"
)

// The environment of tests/faults/long.
const (
	longVariable   = "GATEHOUSE_LONG"
	reportVariable = "GATEHOUSE_REPORT"
)

// Times is how often a test does what it does: short in every run of the tests, long in tests/faults/long.
func Times(short, long int) int {
	if os.Getenv(longVariable) != "" {
		return long
	}
	return short
}

// Report puts a row of docs/reliability.md down when the test is over: what was done, how often, and what came of it. A
// test that has failed says so instead.
func Report(t testing.TB, what string, times int, found string) {
	t.Helper()
	t.Logf("%s: %d times, %s", what, times, found)
	path := os.Getenv(reportVariable)
	if path == "" {
		return
	}
	t.Cleanup(func() {
		if t.Failed() {
			found = "FAILED"
		}
		file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Error(err)
			return
		}
		defer file.Close()
		if _, err := fmt.Fprintf(file, "| %s | %d | %s |\n", what, times, found); err != nil {
			t.Error(err)
		}
	})
}
