package metrics

import (
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestCounterCountsOnAllCores(t *testing.T) {
	const goroutines, times = 32, 1000
	var c Counter
	var running sync.WaitGroup
	for range goroutines {
		running.Go(func() {
			for range times {
				c.Inc()
			}
		})
	}
	running.Wait()
	if n := c.Value(); n != goroutines*times {
		t.Errorf("counted %d", n)
	}
}

func TestCounterCostsNoAllocation(t *testing.T) {
	var c Counter
	if n := testing.AllocsPerRun(100, c.Inc); n != 0 {
		t.Errorf("%g allocations", n)
	}
	var none *Counter
	none.Inc() // and nothing happens
}

func TestCountersShowEachListOfValues(t *testing.T) {
	desc := prometheus.NewDesc("things_total", "Things.", []string{"size", "colour"}, nil)
	c := NewCounters(desc, []string{"small", "red"}, []string{"large", "blue"})
	c.At(1).Inc()
	c.At(1).Inc()
	want := map[string]float64{"things_total colour=red size=small": 0, "things_total colour=blue size=large": 2}
	wantValues(t, gathered(t, c), want)
}

func TestCountersWithoutLabelsAreOne(t *testing.T) {
	c := NewCounters(prometheus.NewDesc("all_total", "All.", nil, nil), []string{})
	c.At(0).Inc()
	wantValues(t, gathered(t, c), map[string]float64{"all_total": 1})
}

func BenchmarkCounter(b *testing.B) {
	var c Counter
	b.ReportAllocs()
	b.RunParallel(func(each *testing.PB) {
		for each.Next() {
			c.Inc()
		}
	})
}
