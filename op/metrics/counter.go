package metrics

import (
	"sync/atomic"
	"unsafe"

	"github.com/prometheus/client_golang/prometheus"
)

// shards keep cores that count at once from waiting for one another.
const shards = 16

// Counter is a count that many goroutines add to at once, in a few nanoseconds and without an allocation. Its zero
// value is ready, and a nil one counts nothing.
type Counter struct {
	shards [shards]struct {
		n atomic.Uint64
		_ [56]byte // no two in one cache line
	}
}

// Inc adds one.
func (c *Counter) Inc() {
	if c == nil {
		return
	}
	// Goroutines have stacks of their own, so that where this one lies tells them apart well enough; nothing else that
	// does is as cheap. The address is never followed.
	var here byte
	at := uintptr(unsafe.Pointer(&here))
	c.shards[(at>>11^at>>15)%shards].n.Add(1)
}

// Value is the count so far.
func (c *Counter) Value() (sum uint64) {
	for i := range c.shards {
		sum += c.shards[i].n.Load()
	}
	return sum
}

// Counters are the Counters of one metric, one for each combination of labels that it has. All of them are there from
// the start, and there will be no others.
type Counters struct {
	desc   *prometheus.Desc
	labels [][]string
	counts []Counter
}

// NewCounters makes a Counter for each of the lists of values, which go with the labels of desc.
func NewCounters(desc *prometheus.Desc, values ...[]string) *Counters {
	return &Counters{desc: desc, labels: values, counts: make([]Counter, len(values))}
}

// At is the Counter of the list of values at that place.
func (c *Counters) At(i int) *Counter { return &c.counts[i] }

// Describe implements prometheus.Collector.
func (c *Counters) Describe(to chan<- *prometheus.Desc) { to <- c.desc }

// Collect implements prometheus.Collector.
func (c *Counters) Collect(to chan<- prometheus.Metric) {
	for i, values := range c.labels {
		to <- prometheus.MustNewConstMetric(c.desc, prometheus.CounterValue, float64(c.counts[i].Value()), values...)
	}
}
