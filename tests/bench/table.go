package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// result is a row with everything measured of it.
type result struct {
	row   row
	pairs []pair
}

// spread3 is the least, the median and the greatest of several measurements.
type spread3 struct{ least, median, greatest float64 }

func spreadOf(pairs []pair, of func(pair) float64) spread3 {
	values := make([]float64, len(pairs))
	for i, p := range pairs {
		values[i] = of(p)
	}
	slices.Sort(values)
	return spread3{values[0], values[len(values)/2], values[len(values)-1]}
}

func (s spread3) format(verb string) string {
	return fmt.Sprintf(verb+" ("+verb+" to "+verb+")", s.median, s.least, s.greatest)
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// printTable writes a line for each row: medians over the rounds, with the least and greatest.
func printTable(w io.Writer, results []result) {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "what\taim\trate beside the bare site\tCPU us bare\tCPU us measured\tCPU us added\tCPU us of PostgreSQL\tlog bytes\trequests/s\tp50 ms\tp99 ms")
	for _, r := range results {
		ratio := spreadOf(r.pairs, func(p pair) float64 { return p.subject.rate() / p.base.rate() })
		base := spreadOf(r.pairs, func(p pair) float64 { return micros(p.base.cost()) })
		subject := spreadOf(r.pairs, func(p pair) float64 { return micros(p.subject.cost()) })
		added := spreadOf(r.pairs, func(p pair) float64 { return micros(p.subject.cost() - p.base.cost()) })
		database := spreadOf(r.pairs, func(p pair) float64 { return micros(p.subject.database) / float64(max(1, p.subject.requests)) })
		written := spreadOf(r.pairs, func(p pair) float64 { return float64(p.subject.wal) / float64(max(1, p.subject.requests)) })
		rate := spreadOf(r.pairs, func(p pair) float64 { return p.subject.rate() })
		half := spreadOf(r.pairs, func(p pair) float64 { return micros(p.subject.quantile(0.5)) / 1000 })
		most := spreadOf(r.pairs, func(p pair) float64 { return micros(p.subject.quantile(0.99)) / 1000 })
		fmt.Fprintf(out, "%s\t%s\t%s\t%.1f\t%.1f\t%s\t%.0f\t%.0f\t%.0f\t%.2f\t%.2f\n", r.row.name, r.row.aim,
			ratio.format("%.2f"), base.median, subject.median, added.format("%.1f"), database.median, written.median, rate.median, half.median, most.median)
	}
	_ = out.Flush()
}
