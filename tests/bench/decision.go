package main

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// printDecision runs the Go benchmark of the guard's decision about a remembered token, with a whole
// provider behind it and nothing of HTTP around it.
func printDecision(ctx context.Context, w io.Writer) error {
	command := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^BenchmarkWholeDecision$", "-count", "3", "./caddymodule/guard")
	command.Dir = harness.Root()
	output, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("the decision alone: %w\n%s", err, output)
	}
	fmt.Fprintln(w, "\nThe decision alone (aim: at most 600 ns and 2 allocations for one token):")
	for line := range strings.Lines(string(output)) {
		if strings.HasPrefix(line, "Benchmark") {
			fmt.Fprint(w, line)
		}
	}
	return nil
}
