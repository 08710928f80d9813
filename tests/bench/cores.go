package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// serverCores is how many cores the server gets.
const serverCores = 2

// places says which cores the server and the load run on; both are empty when they share all.
type places struct{ server, load string }

// spread gives the first cores to the server and moves this process to the others. Where that cannot
// be done, both share the machine, and the table says so.
func spread(ctx context.Context, wanted bool) (places, error) {
	if !wanted || !hasTaskset() || runtime.NumCPU() < serverCores+1 {
		return places{}, nil
	}
	p := places{
		server: fmt.Sprintf("0-%d", serverCores-1),
		load:   fmt.Sprintf("%d-%d", serverCores, runtime.NumCPU()-1),
	}
	mine := exec.CommandContext(ctx, "taskset", "--all-tasks", "--cpu-list", "--pid", p.load, fmt.Sprint(os.Getpid()))
	if output, err := mine.CombinedOutput(); err != nil {
		return places{}, fmt.Errorf("taskset: %w: %s", err, output)
	}
	runtime.GOMAXPROCS(runtime.NumCPU() - serverCores)
	return p, nil
}

func hasTaskset() bool {
	_, err := exec.LookPath("taskset")
	return err == nil
}

// String tells who runs where.
func (p places) String() string {
	if p.server == "" {
		return fmt.Sprintf("server and load share %d cores", runtime.NumCPU())
	}
	return fmt.Sprintf("server on cores %s, load on %s", p.server, p.load)
}

// pin gives a program that runs the binary on the server's cores.
func (p places) pin(binary, dir string) (string, error) {
	if p.server == "" {
		return binary, nil
	}
	script := filepath.Join(dir, "pinned")
	text := fmt.Sprintf("#!/bin/sh\nexec taskset --cpu-list %s %q \"$@\"\n", p.server, binary)
	return script, os.WriteFile(script, []byte(text), 0o700)
}

// build makes the Caddy that people run: without cgo and without the race detector.
func build(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "caddy")
	command := exec.CommandContext(ctx, "go", "build", "-o", path, "./xcaddy")
	command.Dir = harness.Root()
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building Caddy: %w\n%s", err, output)
	}
	return path, nil
}

// processor names the machine's processor where the system tells.
func processor() string {
	file, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}
