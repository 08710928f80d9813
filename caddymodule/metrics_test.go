package caddymodule

import (
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/prometheus/client_golang/prometheus"
)

// shown are the names of what the registry of the active configuration shows, with the values of gauges.
func shown(t *testing.T) map[string]float64 {
	t.Helper()
	ctx := caddy.ActiveContext()
	families, err := ctx.GetMetricsRegistry().Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]float64)
	for _, family := range families {
		if name := family.GetName(); strings.HasPrefix(name, "gatehouse_") {
			all[name] = family.GetMetric()[0].GetGauge().GetValue()
		}
	}
	return all
}

func TestEachConfigurationShowsTheMetrics(t *testing.T) {
	s := newSite(t)
	for _, pkce := range []string{"public", "all"} {
		if err := s.load(t, func(provider map[string]any) { provider["pkce"] = pkce }); err != nil {
			t.Fatal(err)
		}
		all := shown(t)
		for _, gauge := range []string{"gatehouse_ready", "gatehouse_store_reachable", "gatehouse_listener_live"} {
			if all[gauge] != 1 {
				t.Errorf("%s is %g", gauge, all[gauge])
			}
		}
		for _, name := range []string{
			"gatehouse_token_requests_total", "gatehouse_guard_decisions_total", "gatehouse_signing_key_age_seconds", "gatehouse_backchannel_queue",
		} {
			if _, there := all[name]; !there {
				t.Errorf("%s is not shown", name)
			}
		}
	}
}

func TestMetricsAreRegisteredOnceAndNoMore(t *testing.T) {
	ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
	defer cancel()
	for range 3 {
		if err := registerMetrics(ctx); err != nil {
			t.Fatal(err)
		}
	}
	taken := prometheus.NewGauge(prometheus.GaugeOpts{Name: "gatehouse_ready", Help: "Another one."})
	other, cancelOther := caddy.NewContext(caddy.Context{Context: t.Context()})
	defer cancelOther()
	if err := other.GetMetricsRegistry().Register(taken); err != nil {
		t.Fatal(err)
	}
	if err := registerMetrics(other); err == nil {
		t.Error("another metric of that name is taken for ours")
	}
}

// A provider that does not run tells that it is not ready, and nothing of keys that it does not know.
func TestGaugesOfAProviderThatDoesNotRun(t *testing.T) {
	s := newSite(t)
	if err := s.load(t, nil); err != nil {
		t.Fatal(err)
	}
	app, err := activeApp()
	if err != nil {
		t.Fatal(err)
	}
	running := app.instances["main"].life.running.Swap(nil)
	defer app.instances["main"].life.running.Store(running)
	all := shown(t)
	if all["gatehouse_ready"] != 0 || all["gatehouse_store_reachable"] != 0 {
		t.Errorf("%v", all)
	}
	if _, there := all["gatehouse_signing_key_age_seconds"]; there {
		t.Error("there is a key")
	}
}
