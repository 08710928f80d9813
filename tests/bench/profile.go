package main

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// profile takes a CPU profile of the server over its admin API while one side of a row is measured, if
// the command line asks for it; the function waits for it. A profile costs time of its own: a table
// that was printed together with profiles is no measurement.
func (h *house) profile(t testing.TB, name string) (wait func()) {
	t.Helper()
	if h.profiles == "" {
		return func() {}
	}
	path := filepath.Join(h.profiles, strings.NewReplacer(" ", "-", ",", "", "'", "").Replace(name)+".pprof")
	seconds := math.Ceil((h.warmUp + h.window).Seconds())
	done := make(chan error, 1)
	go func() {
		done <- fetch(h.nodes[0].Admin+fmt.Sprintf("/debug/pprof/profile?seconds=%.0f", seconds), path)
	}()
	return func() {
		if err := <-done; err != nil {
			t.Errorf("profile of %s: %v", name, err)
		}
	}
}

func fetch(address, path string) error {
	client := http.Client{Timeout: 5 * time.Minute}
	answer, err := client.Get(address)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", address, answer.Status)
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(file, answer.Body)
	return err
}
