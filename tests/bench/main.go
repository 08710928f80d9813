package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// options are what the command line says.
type options struct {
	rounds      int
	window      time.Duration
	warmUp      time.Duration
	connections int
	tokens      int
	rows        []string
	profiles    string
	pinned      bool
	storage     string
	many        int
}

// The values of options.storage.
const (
	onSQLite   = "sqlite"
	onPostgres = "postgres"
)

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
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func readOptions(arguments []string) (options, error) {
	o := options{pinned: true}
	var only string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&o.rounds, "rounds", 5, "how often each pair is measured")
	flags.DurationVar(&o.window, "window", 2*time.Second, "how long each side of a pair is measured")
	flags.DurationVar(&o.warmUp, "warm-up", 500*time.Millisecond, "load before each window that is not measured")
	flags.IntVar(&o.connections, "connections", 64, "connections kept busy")
	flags.IntVar(&o.tokens, "tokens", 20000, "tokens of the rows that take many")
	flags.StringVar(&only, "rows", "", "only the rows whose name contains one of these, with commas between them")
	flags.StringVar(&o.profiles, "profiles", "", "a folder for a CPU profile of each measured side")
	flags.StringVar(&o.storage, "storage", onSQLite, onSQLite+" or "+onPostgres)
	flags.IntVar(&o.many, "nodes", 1, "how many Caddys share the load, and a PostgreSQL")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	if o.storage != onPostgres && (o.storage != onSQLite || o.many != 1) || o.many < 1 {
		return o, errors.New("the storage is sqlite, or postgres, which several nodes can share")
	}
	if only != "" {
		o.rows = strings.Split(only, ",")
	}
	if o.rounds < 1 || o.connections < 1 || o.tokens < o.connections || flags.NArg() > 0 {
		return o, errors.New("rounds and connections begin at 1, tokens at the number of connections, and there are no arguments")
	}
	return o, nil
}

// wants tells whether a row was asked for.
func (o options) wants(name string) bool {
	return len(o.rows) == 0 || slices.ContainsFunc(o.rows, func(part string) bool { return strings.Contains(name, part) })
}

// run builds Caddy as it is shipped, places server and load on cores of their own, measures and prints.
func run(t testing.TB, o options) error {
	t.Helper()
	ctx := t.Context()
	binary, err := build(ctx, t.TempDir())
	if err != nil {
		return err
	}
	places, err := spread(ctx, o.pinned)
	if err != nil {
		return err
	}
	if binary, err = places.pin(binary, t.TempDir()); err != nil {
		return err
	}
	if err := os.Setenv(harness.BinaryVariable, binary); err != nil {
		return err
	}
	fmt.Printf("%s, %s %s/%s, %s; %d connections, windows of %s; %d node(s) on %s\n\n",
		processor(), runtime.Version(), runtime.GOOS, runtime.GOARCH, places, o.connections, o.window, o.many, o.storage)
	results := measure(t, o)
	printTable(os.Stdout, results)
	if o.wants("the decision alone") {
		return printDecision(ctx, os.Stdout)
	}
	return nil
}

// measure runs the rows that were asked for.
func measure(t testing.TB, o options) []result {
	t.Helper()
	h := open(t, o)
	results := make([]result, 0, len(rows))
	for _, r := range rows {
		if o.wants(r.name) {
			results = append(results, result{row: r})
		}
	}
	for round := range o.rounds {
		for i := range results {
			results[i].pairs = append(results[i].pairs, h.pair(t, results[i].row, round%2 == 1))
			fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", round+1, o.rounds, results[i].row.name)
		}
	}
	return results
}
