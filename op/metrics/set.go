package metrics

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// Set is what a process counts of all its providers. It is a prometheus.Collector, which can be in several registries.
type Set struct {
	tokens, introspections, signIns, deliveries, events, failures *prometheus.CounterVec

	durations *prometheus.HistogramVec
	lookups   *prometheus.Desc

	mu        sync.Mutex
	providers map[string]*Provider
}

// durationBuckets are of a store that is near by: from a look into memory to what nobody waits for.
var durationBuckets = []float64{
	.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5,
}

// NewSet makes the counts, all of which are 0.
func NewSet() *Set {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, append([]string{"provider"}, labels...))
	}
	return &Set{
		tokens: counter("gatehouse_token_requests_total",
			"Requests for tokens, by grant type and outcome.", "grant_type", "outcome"),
		introspections: counter("gatehouse_introspections_total",
			"Requests to the introspection endpoint, by outcome.", "outcome"),
		signIns: counter("gatehouse_sign_ins_total",
			"Attempts to sign in, by outcome.", "outcome"),
		deliveries: counter("gatehouse_backchannel_deliveries_total",
			"Attempts to tell a client of a logout, by outcome.", "outcome"),
		events: counter("gatehouse_audit_events_total",
			"Audit events, by name.", "event"),
		failures: counter("gatehouse_store_failures_total",
			"Operations of the store that had no answer, by operation.", "operation"),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "gatehouse_store_operation_duration_seconds",
			Help: "How long operations of the store took, by operation.", Buckets: durationBuckets,
		}, []string{"provider", "operation"}),
		lookups: prometheus.NewDesc("gatehouse_cache_lookups_total",
			"Look-ups in memory, by cache and result.", []string{"provider", "cache", "result"}, nil),
		providers: make(map[string]*Provider),
	}
}

// Provider is what is counted of the provider of that name: the same for every configuration that has it.
func (s *Set) Provider(name string) *Provider {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.providers[name]
	if !ok {
		found = s.newProvider(name)
		s.providers[name] = found
	}
	return found
}

// Describe implements prometheus.Collector.
func (s *Set) Describe(to chan<- *prometheus.Desc) {
	for _, v := range s.vectors() {
		v.Describe(to)
	}
	to <- s.lookups
}

// Collect implements prometheus.Collector.
func (s *Set) Collect(to chan<- prometheus.Metric) {
	for _, v := range s.vectors() {
		v.Collect(to)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.providers {
		p.lookups.Collect(to)
	}
}

func (s *Set) vectors() []prometheus.Collector {
	return []prometheus.Collector{s.tokens, s.introspections, s.signIns, s.deliveries, s.events, s.failures, s.durations}
}
