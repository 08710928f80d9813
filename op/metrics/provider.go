package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-5b16f944/gatehouse/op/audit"
)

// Provider counts what one provider does. A nil one counts nothing.
type Provider struct {
	tokens         map[tokenLabels]prometheus.Counter
	introspections map[Outcome]prometheus.Counter
	signIns        map[Outcome]prometheus.Counter
	deliveries     map[Outcome]prometheus.Counter
	events         map[audit.Name]prometheus.Counter
	failures       map[string]prometheus.Counter
	durations      map[string]prometheus.Observer
	lookups        *Counters
}

type tokenLabels struct {
	grantType string
	outcome   Outcome
}

// newProvider looks every counter up once, with all of its labels: none of them appears late, and none can be added by
// what somebody sends.
func (s *Set) newProvider(name string) *Provider {
	p := &Provider{
		tokens:         make(map[tokenLabels]prometheus.Counter),
		introspections: each(s.introspections, name, introspectionOutcomes),
		signIns:        each(s.signIns, name, signInOutcomes),
		deliveries:     each(s.deliveries, name, deliveryOutcomes),
		events:         each(s.events, name, audit.Names),
		failures:       each(s.failures, name, operations),
		durations:      make(map[string]prometheus.Observer),
	}
	for _, grantType := range grantTypes {
		for _, outcome := range tokenOutcomes {
			p.tokens[tokenLabels{grantType, outcome}] = s.tokens.WithLabelValues(name, grantType, string(outcome))
		}
	}
	for _, operation := range operations {
		p.durations[operation] = s.durations.WithLabelValues(name, operation)
	}
	values := make([][]string, 0, 2*len(caches))
	for _, cache := range caches {
		values = append(values, []string{name, cache, "hit"}, []string{name, cache, "miss"})
	}
	p.lookups = NewCounters(s.lookups, values...)
	return p
}

// each is the counter of every value that the one label beside the provider's name can have.
func each[T ~string](of *prometheus.CounterVec, name string, values []T) map[T]prometheus.Counter {
	counters := make(map[T]prometheus.Counter, len(values))
	for _, value := range values {
		counters[value] = of.WithLabelValues(name, string(value))
	}
	return counters
}

// add counts one that is in the list; there are no others.
func add[T comparable](counters map[T]prometheus.Counter, value T) {
	if counter, ok := counters[value]; ok {
		counter.Inc()
	}
}

// Token counts a request for tokens. A grant type that is none of the provider's counts with all others.
func (p *Provider) Token(grantType string, outcome Outcome) {
	if p != nil {
		add(p.tokens, tokenLabels{grantTypeLabel(grantType), outcome})
	}
}

// Introspection counts a request to the introspection endpoint.
func (p *Provider) Introspection(outcome Outcome) {
	if p != nil {
		add(p.introspections, outcome)
	}
}

// SignIn counts an attempt to sign in.
func (p *Provider) SignIn(outcome Outcome) {
	if p != nil {
		add(p.signIns, outcome)
	}
}

// Delivery counts an attempt to tell a client of a logout.
func (p *Provider) Delivery(outcome Outcome) {
	if p != nil {
		add(p.deliveries, outcome)
	}
}

// Event counts an audit event.
func (p *Provider) Event(name audit.Name) {
	if p != nil {
		add(p.events, name)
	}
}

// operation counts one operation of the store.
func (p *Provider) operation(name string, took time.Duration, failed bool) {
	p.durations[name].Observe(took.Seconds())
	if failed {
		add(p.failures, name)
	}
}

// Cache counts look-ups in one cache. Its zero value counts nothing.
type Cache struct{ Hit, Miss *Counter }

// Tokens counts look-ups of access tokens, Grants of what tokens hang from, and SiteSessions of browsers at guarded
// sites. A hit is one that was still good.
func (p *Provider) Tokens() Cache { return p.cache(cacheTokens) }

// Grants is described at Tokens.
func (p *Provider) Grants() Cache { return p.cache(cacheGrants) }

// SiteSessions is described at Tokens.
func (p *Provider) SiteSessions() Cache { return p.cache(cacheSiteSessions) }

func (p *Provider) cache(at int) Cache {
	if p == nil {
		return Cache{}
	}
	return Cache{p.lookups.At(2 * at), p.lookups.At(2*at + 1)}
}
