package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

// Every row runs against a real Caddy and every answer is 200; nothing is timed here.
func TestEveryRowRuns(t *testing.T) {
	results := measure(t, options{rounds: 1, window: 50 * time.Millisecond, connections: 4, tokens: 8, storage: onSQLite, many: 1})
	if len(results) != len(rows) {
		t.Fatalf("%d results of %d rows", len(results), len(rows))
	}
	var table bytes.Buffer
	printTable(&table, results)
	for _, r := range results {
		if len(r.pairs) != 1 || r.pairs[0].base.requests == 0 || r.pairs[0].subject.requests == 0 {
			t.Errorf("%s: %+v", r.row.name, r.pairs)
		}
		if r.row.fresh && r.pairs[0].subject.requests != 8 {
			t.Errorf("%s: %d requests for 8 tokens", r.row.name, r.pairs[0].subject.requests)
		}
		if !strings.Contains(table.String(), r.row.name) {
			t.Errorf("%s is not in the table", r.row.name)
		}
	}
}

// Two nodes share a PostgreSQL, and what one of them has issued the other takes.
func TestNodesOnPostgres(t *testing.T) {
	results := measure(t, options{
		rounds: 1, window: 50 * time.Millisecond, connections: 4, tokens: 8, storage: onPostgres, many: 2,
		rows: []string{"guard, one opaque", "introspection", "refresh with", "code flow"},
	})
	if len(results) != 4 {
		t.Fatalf("%d results", len(results))
	}
	for _, r := range results {
		if len(r.pairs) != 1 || r.pairs[0].subject.requests == 0 {
			t.Errorf("%s: %+v", r.row.name, r.pairs)
		}
	}
}

func TestInTurnUsesEveryRequest(t *testing.T) {
	requests := [][]byte{{0}, {1}, {2}, {3}, {4}}
	for connections := 1; connections <= 7; connections++ {
		seen := map[byte]int{}
		for _, c := range inTurn(connections, true, requests...) {
			for request := c.next(); request != nil; request = c.next() {
				seen[request[0]]++
			}
		}
		for i := range requests {
			if seen[byte(i)] != 1 {
				t.Errorf("%d connections sent request %d %d times", connections, i, seen[byte(i)])
			}
		}
		for i, c := range inTurn(connections, false, requests...) {
			for range 20 {
				if c.next() == nil {
					t.Fatalf("connection %d of %d ran out", i, connections)
				}
			}
		}
	}
}

func TestSpread(t *testing.T) {
	pairs := []pair{{subject: window{requests: 3}}, {subject: window{requests: 1}}, {subject: window{requests: 9}}}
	got := spreadOf(pairs, func(p pair) float64 { return float64(p.subject.requests) })
	if got != (spread3{1, 3, 9}) || got.format("%.0f") != "3 (1 to 9)" {
		t.Errorf("%+v, %s", got, got.format("%.0f"))
	}
}

func TestWindow(t *testing.T) {
	w := window{requests: 4, elapsed: 2 * time.Second, usage: usage{nodes: 40 * time.Millisecond}, latencies: []time.Duration{1, 2, 3, 4}}
	if w.rate() != 2 || w.cost() != 10*time.Millisecond || w.quantile(0.5) != 3 || w.quantile(1) != 4 {
		t.Errorf("%g %s %s %s", w.rate(), w.cost(), w.quantile(0.5), w.quantile(1))
	}
	if (window{}).cost() != 0 || (window{}).quantile(0.5) != 0 {
		t.Error("an empty window is not zero")
	}
}

func TestOptions(t *testing.T) {
	o, err := readOptions([]string{"-rounds", "2", "-rows", "guard,refresh"})
	if err != nil || o.rounds != 2 || !o.wants("guard, one token") || !o.wants("refresh with rotation") || o.wants("JWKS") {
		t.Errorf("%+v, %v", o, err)
	}
	if o, err := readOptions(nil); err != nil || !o.wants("JWKS") {
		t.Errorf("%+v, %v", o, err)
	}
	for _, bad := range [][]string{{"-rounds", "0"}, {"-tokens", "1"}, {"-nodes", "2"}, {"-storage", "memory"}, {"-storage", "postgres", "-nodes", "0"}, {"-connections", "0"}, {"more"}} {
		if _, err := readOptions(bad); err == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
}

// The processor time of this very process grows while it works.
func TestCPUTime(t *testing.T) {
	before, err := cpuTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for after := before; after == before; {
		if after, err = cpuTime(os.Getpid()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := cpuTime(-1); err == nil {
		t.Error("a process that cannot be was found")
	}
}
