package op

import (
	"context"
	"sync"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/backchannel"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

const (
	// askedEvery and countedEvery are how often the store is asked at most how it is, and what waits in it, however
	// many want to know.
	askedEvery   = time.Second
	countedEvery = 10 * time.Second
	// answersWithin is how long it may take to answer.
	answersWithin = 2 * time.Second
	// mostWaiting is up to where notices are counted.
	mostWaiting = 1000
)

// Health says whether a provider can do its work. The zero value says that it cannot.
type Health struct {
	// Store says that the store answers.
	Store bool
	// Keys says that there is a key to sign with for every algorithm that is configured.
	Keys bool
	// Listener says that what other nodes change is heard of. It always is where there are none.
	Listener bool
}

// Ready reports whether requests should be sent here.
func (h Health) Ready() bool { return h.Store && h.Keys && h.Listener }

// Health asks how the provider is. It answers within about two seconds, and mostly from what was found in the last one.
func (p *Provider) Health(ctx context.Context) Health {
	health := Health{Store: p.state.reachable(ctx), Keys: true, Listener: p.state.Listening()}
	for _, alg := range p.config.Signing.Algs {
		health.Keys = health.Keys && p.state.ring.Has(alg)
	}
	return health
}

// Waiting is how many logout notices are still to be delivered, up to a thousand; false when nobody can tell. It is
// what was found in the last ten seconds.
func (p *Provider) Waiting(ctx context.Context) (n int, known bool) {
	st := p.state
	return st.waiting.take(ctx, countedEvery, func(ctx context.Context) (int, error) {
		return backchannel.Waiting(ctx, st.store, mostWaiting)
	})
}

// reachable asks the store for something small.
func (st *State) reachable(ctx context.Context) bool {
	_, answered := st.reached.take(ctx, askedEvery, func(ctx context.Context) (int, error) {
		records, err := st.store.List(ctx, store.Keys, store.Filter{}, "", 1)
		return len(records), err
	})
	return answered
}

// sample is a number that was found out a moment ago. Of many who want to know it one asks, and the others wait for
// that answer.
type sample struct {
	mu    sync.Mutex
	taken time.Time
	n     int
	known bool
}

// take asks, unless that was done less than every ago. Who has gone does not spoil the answer for the others.
func (s *sample) take(ctx context.Context, every time.Duration, ask func(context.Context) (int, error)) (int, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.taken.IsZero() && time.Since(s.taken) < every {
		return s.n, s.known
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answersWithin)
	defer cancel()
	n, err := ask(ctx)
	s.n, s.known, s.taken = n, err == nil, time.Now()
	return s.n, s.known
}
