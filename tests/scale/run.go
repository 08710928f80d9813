package main

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"
)

// run fills the stores, measures and prints.
func run(t testing.TB, o options) error {
	t.Helper()
	r := prepare(t, o)
	defer r.few.close(t)
	defer r.many.close(t)
	results := make([]result, 0, len(tasks))
	for _, task := range tasks {
		results = append(results, r.compare(t, task))
	}
	printTable(os.Stdout, results)
	if o.sweep > 0 {
		r.sweep(t)
	}
	return nil
}

// runner compares two sides.
type runner struct {
	options
	few, many *side
}

// prepare fills both stores with copies of a journey that each of them has seen.
func prepare(t testing.TB, o options) *runner {
	t.Helper()
	few, many := storages[o.storage](t)
	r := &runner{options: o, few: &side{name: "few rows", place: few}, many: &side{name: "many rows", place: many}}
	fmt.Printf("%s, %s/%s, %d cores\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	r.fill(t, r.few, 0)
	r.fill(t, r.many, o.rows)
	return r
}

// fill gives a side at least so many rows, and as many as the measuring takes.
func (r *runner) fill(t testing.TB, s *side, rows int) {
	t.Helper()
	began := s.now()
	s.config = config(1)
	j := s.travel(t)
	s.opaque, s.refresh = j.opaque[0], j.refresh[len(j.refresh)-1]
	count := enough(r.rounds * r.samples)
	s.copies = newCopies(t, j, count, began)
	for s.copies.total() < rows {
		count += (rows-s.copies.total())/len(j.records) + 1
		s.copies = newCopies(t, j, count, began)
	}
	s.config = config(s.copies.people)
	s.place.fill(t, &s.copies)
	size := s.place.size(t)
	fmt.Printf("%s: %s, %.2f GB, %d bytes a row; filled in %s\n", s.name, &s.copies, float64(size)/1e9,
		size/int64(s.copies.total()), time.Since(began).Round(time.Second))
}

// compare does a task in turns: what comes first in one turn comes second in the next.
func (r *runner) compare(t testing.TB, what task) result {
	t.Helper()
	r.few.open(t)
	r.many.open(t)
	res := result{name: what.name}
	for round := range r.rounds {
		var few, many times
		for i := range r.samples {
			k := round*r.samples + i
			if i%2 == 0 {
				few = append(few, what.do(t, r.few, k))
				many = append(many, what.do(t, r.many, k))
			} else {
				many = append(many, what.do(t, r.many, k))
				few = append(few, what.do(t, r.few, k))
			}
		}
		res.rounds = append(res.rounds, pair{few, many})
	}
	fmt.Fprintln(os.Stderr, what.name)
	return res
}
