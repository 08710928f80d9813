package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Everything is done once with few rows, on each storage. Nothing is timed here.
func TestTheProgramRuns(t *testing.T) {
	for storage := range storages {
		t.Run(storage, func(t *testing.T) {
			t.Parallel()
			r := prepare(t, options{rows: 6000, rounds: 1, samples: 3, storage: storage})
			t.Cleanup(func() { r.few.close(t); r.many.close(t) })
			var results []result
			for _, what := range tasks {
				results = append(results, r.compare(t, what))
			}
			var table bytes.Buffer
			printTable(&table, results)
			for _, res := range results {
				if len(res.rounds) != 1 || len(res.rounds[0].few) != 3 || len(res.rounds[0].many) != 3 || res.ratio(0.5).least <= 0 {
					t.Errorf("%+v", res)
				}
				if !strings.Contains(table.String(), res.name) {
					t.Errorf("%s is not in the table", res.name)
				}
			}
			checkRows(t, r)
		})
	}
}

// checkRows: what was announced is there, and what ends early is as much of it as was said.
func checkRows(t *testing.T, r *runner) {
	t.Helper()
	if total := r.many.copies.total(); total < 6000 || total > 6100 {
		t.Errorf("%d rows where 6000 were asked for", total)
	}
	soon := time.Now()
	late := soon.Add(backlogFrom + backlogFor)
	early := 0
	for _, k := range store.Kinds {
		for row := range r.many.copies.rows(k) {
			if !row.ExpiredAt(soon) && row.ExpiredAt(late) {
				early++
			}
		}
	}
	if past := r.many.place.past(t, late) - r.many.place.past(t, soon); past < early || past > early+100 || early < 6000/10*overOfTen*9/10 {
		t.Errorf("%d rows end early, want %d", past, early)
	}
	if size := r.many.place.size(t); size < 6000*100 {
		t.Errorf("6000 rows take %d bytes", size)
	}
}

// No two copies of a record have the same key, none is the one it was made from, and each can be found by its token.
func TestCopiesDiffer(t *testing.T) {
	few, _ := storages["sqlite"](t)
	s := &side{place: few, config: config(1)}
	j := s.travel(t)
	c := newCopies(t, j, 500, time.Now())
	rows := 0
	for _, k := range store.Kinds {
		seen := make(map[string]bool)
		for _, r := range j.records {
			if r.Kind == k {
				seen[r.Key] = true
			}
		}
		for r := range c.rows(k) {
			if seen[r.Key] {
				t.Fatalf("two rows of %s have the key %s", k, r.Key)
			}
			seen[r.Key] = true
			rows++
		}
	}
	if rows != c.total() {
		t.Errorf("%d rows, %d announced", rows, c.total())
	}
	picked := make(map[int]bool)
	for k := range c.picks() {
		i := c.pick(k)
		if picked[i] || i >= c.count || c.over(i) || c.person(i) == account(0) && i%c.people != 0 {
			t.Fatalf("journey %d of %d cannot be picked", i, c.count)
		}
		picked[i] = true
	}
	for _, picks := range []int{1, 3, 500, 10_000} {
		if c := (copies{count: enough(picks)}); c.picks() < picks {
			t.Errorf("of %d journeys %d can be picked, not %d", c.count, c.picks(), picks)
		}
	}
}

func TestRatios(t *testing.T) {
	r := result{rounds: []pair{{few: times{1, 2, 3}, many: times{2, 4, 6}}, {few: times{2}, many: times{2}}, {few: times{1}, many: times{5}}}}
	if got := r.ratio(0.5).String(); got != "2.00 (1.00 to 5.00)" {
		t.Error(got)
	}
	if p := r.all(); len(p.few) != 5 || p.many.quantile(1) != 6 || (times{}).quantile(0.5) != 0 {
		t.Errorf("%+v", p)
	}
}

func TestOptions(t *testing.T) {
	o, err := readOptions([]string{"-rows", "7", "-storage", "sqlite", "-sweep", "0"})
	if err != nil || o.rows != 7 || o.storage != "sqlite" || o.sweep != 0 {
		t.Errorf("%+v, %v", o, err)
	}
	for _, bad := range [][]string{{"-rows", "0"}, {"-storage", "memory"}, {"-rounds", "0"}, {"-samples", "0"}, {"more"}} {
		if _, err := readOptions(bad); err == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
}
