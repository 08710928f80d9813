package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// times are how long something took, each time.
type times []time.Duration

// quantile is what the fraction q of them did not exceed.
func (t times) quantile(q float64) time.Duration {
	if len(t) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(t))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// pair is one round of a task at both sides.
type pair struct{ few, many times }

// result is a task and what was measured of it.
type result struct {
	name   string
	rounds []pair
}

// spread is the least, the median and the greatest of what the rounds say.
type spread struct{ least, median, greatest float64 }

// ratio is how many times as long it takes with many rows, by a quantile.
func (r result) ratio(q float64) spread {
	ratios := make([]float64, 0, len(r.rounds))
	for _, p := range r.rounds {
		ratios = append(ratios, float64(p.many.quantile(q))/float64(p.few.quantile(q)))
	}
	slices.Sort(ratios)
	return spread{ratios[0], ratios[len(ratios)/2], ratios[len(ratios)-1]}
}

func (s spread) String() string {
	return fmt.Sprintf("%.2f (%.2f to %.2f)", s.median, s.least, s.greatest)
}

// all are the times of every round.
func (r result) all() (p pair) {
	for _, round := range r.rounds {
		p.few, p.many = append(p.few, round.few...), append(p.many, round.many...)
	}
	return p
}

func micros(d time.Duration) string { return fmt.Sprintf("%d", d.Microseconds()) }

// printTable writes a line for each task. The ratios are the median of the rounds, and in brackets the least and the
// greatest; the times are those of all rounds.
func printTable(w io.Writer, results []result) {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "what\tfew rows p50 us\tmany rows p50 us\tratio\tfew rows p99 us\tmany rows p99 us\tratio")
	for _, r := range results {
		p := r.all()
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.name,
			micros(p.few.quantile(0.5)), micros(p.many.quantile(0.5)), r.ratio(0.5),
			micros(p.few.quantile(0.99)), micros(p.many.quantile(0.99)), r.ratio(0.99))
	}
	_ = out.Flush()
}
