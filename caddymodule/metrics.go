package caddymodule

import (
	"context"
	"errors"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-5b16f944/gatehouse/caddymodule/guard"
	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/metrics"
)

// counts are those of this process. Caddy makes a registry for every configuration, so that they have to be here to
// survive a reload.
var counts = metrics.NewSet()

// registerMetrics shows everything that is measured in the registry of a configuration. The admin endpoint is made
// before the apps, and what it shows is the registry of a configuration that may fail, so this is called for both.
func registerMetrics(ctx caddy.Context) error {
	registry := ctx.GetMetricsRegistry()
	if registry == nil {
		return nil
	}
	for _, c := range []prometheus.Collector{counts, gauges{}, guard.Metrics()} {
		already := prometheus.AlreadyRegisteredError{}
		if err := registry.Register(c); err != nil && !errors.As(err, &already) {
			return err
		}
	}
	return nil
}

// gauges tell how the providers of the active configuration are. They hold nothing, as AdminAPI does.
type gauges struct{}

var (
	readyGauge = prometheus.NewDesc("gatehouse_ready",
		"Whether the provider can do its work: 1 or 0.", []string{"provider"}, nil)
	storeGauge = prometheus.NewDesc("gatehouse_store_reachable",
		"Whether the store answers: 1 or 0.", []string{"provider"}, nil)
	listenerGauge = prometheus.NewDesc("gatehouse_listener_live",
		"Whether changes by other nodes are heard of: 1 or 0.", []string{"provider"}, nil)
	keyAgeGauge = prometheus.NewDesc("gatehouse_signing_key_age_seconds",
		"For how long the signing key has been signing, by algorithm.", []string{"provider", "alg"}, nil)
	queueGauge = prometheus.NewDesc("gatehouse_backchannel_queue",
		"Logout notices that are still to be delivered; 1000 stands for that many or more.", []string{"provider"}, nil)
)

// Describe implements prometheus.Collector.
func (gauges) Describe(to chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{readyGauge, storeGauge, listenerGauge, keyAgeGauge, queueGauge} {
		to <- desc
	}
}

// Collect implements prometheus.Collector.
func (gauges) Collect(to chan<- prometheus.Metric) {
	app, err := activeApp()
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	for _, status := range app.health(ctx) {
		send := func(desc *prometheus.Desc, value float64, labels ...string) {
			to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, append([]string{status.Name}, labels...)...)
		}
		send(readyGauge, oneIf(status.Ready))
		send(storeGauge, oneIf(status.Store))
		send(listenerGauge, oneIf(status.Listener))
		running := app.instances[status.Name].life.running.Load()
		if running == nil {
			continue
		}
		for alg, age := range signingAges(running) {
			send(keyAgeGauge, age.Seconds(), alg)
		}
		if n, known := running.Waiting(ctx); known {
			send(queueGauge, float64(n))
		}
	}
}

// signingAges are how long the key of each algorithm has been signing. Where one takes over from another while this is
// asked, the younger counts.
func signingAges(p *op.Provider) map[string]time.Duration {
	ages := make(map[string]time.Duration)
	for _, k := range p.Keys() {
		if k.State != keys.StateActive {
			continue
		}
		age := p.Now().Sub(k.SignsFrom)
		if other, there := ages[k.Alg]; !there || age < other {
			ages[k.Alg] = age
		}
	}
	return ages
}

func oneIf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// Interface guards
var _ prometheus.Collector = gauges{}
