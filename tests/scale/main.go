package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// options are what the command line says.
type options struct {
	rows    int
	rounds  int
	samples int
	storage string
	sweep   time.Duration
}

func main() {
	o, err := readOptions(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		err = harness.Outside(ctx, func(t testing.TB) error { return run(t, o) })
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func readOptions(arguments []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("scale", flag.ContinueOnError)
	flags.IntVar(&o.rows, "rows", 10_000_000, "rows of the full store")
	flags.IntVar(&o.rounds, "rounds", 5, "how often each pair is measured")
	flags.IntVar(&o.samples, "samples", 500, "how often each thing is done in a round, on each side")
	flags.StringVar(&o.storage, "storage", "postgres", strings.Join(names(storages), " or "))
	flags.DurationVar(&o.sweep, "sweep", 30*time.Minute, "how long sweeping may take; 0 leaves it out")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	if o.rows < 1 || o.rounds < 1 || o.samples < 1 || flags.NArg() > 0 {
		return o, errors.New("rows, rounds and samples begin at 1, and there are no arguments")
	}
	if storages[o.storage] == nil {
		return o, fmt.Errorf("storage is %s", strings.Join(names(storages), " or "))
	}
	return o, nil
}
