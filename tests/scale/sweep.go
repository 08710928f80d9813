package main

import (
	"fmt"
	"os"
	"testing"
	"text/tabwriter"
	"time"
)

// served is what is done while the store is swept, over and over: reading, and writing.
var served = []task{tasks[0], tasks[3]}

const (
	// lookEvery is how often the sweeping is looked at. A sweep begins within a minute.
	lookEvery = 10 * time.Second
	// restEach lies between two things that are done.
	restEach = 5 * time.Millisecond
)

// sweep puts the clock forward, so that all that ends early is over, and watches until it is gone.
func (r *runner) sweep(t testing.TB) {
	t.Helper()
	s := r.many
	s.open(t)
	at := r.rounds * r.samples
	quiet := s.keepServing(t, &at, lookEvery)
	s.ahead.Store(int64(backlogFrom + backlogFor + lookEvery + clocksDiffer))
	began := time.Now()
	fmt.Printf("\n%d rows are over\n", s.place.past(t, s.now()))
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprint(out, "after\trows left\t")
	for _, what := range served {
		fmt.Fprintf(out, "%s: p50 us\tp99\tgreatest\t", what.name)
	}
	fmt.Fprintln(out, "")
	line(out, "before", 0, quiet, "")
	for left := 1; left > 0 && time.Since(began) < r.options.sweep; {
		took := s.keepServing(t, &at, lookEvery)
		left = s.place.past(t, s.now())
		line(out, time.Since(began).Round(time.Second).String(), left, took, s.place.condition(t))
	}
	_ = out.Flush()
}

// clocksDiffer is how much longer an expired record is kept.
const clocksDiffer = 5 * time.Minute

// keepServing does all that is served in turn, and says how long each took. In a small store it runs out of tokens.
func (s *side) keepServing(t testing.TB, at *int, during time.Duration) []times {
	t.Helper()
	took := make([]times, len(served))
	for until := time.Now().Add(during); time.Now().Before(until); time.Sleep(restEach) {
		if *at == s.copies.picks() {
			continue
		}
		for i, what := range served {
			took[i] = append(took[i], what.do(t, s, *at))
		}
		*at++
	}
	return took
}

func line(out *tabwriter.Writer, when string, left int, took []times, condition string) {
	fmt.Fprintf(out, "%s\t%d\t", when, left)
	for _, one := range took {
		fmt.Fprintf(out, "%s\t%s\t%s\t", micros(one.quantile(0.5)), micros(one.quantile(0.99)), micros(one.quantile(1)))
	}
	fmt.Fprintln(out, condition)
	_ = out.Flush()
}
