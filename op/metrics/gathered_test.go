package metrics

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
)

// gathered is what a new registry shows of c, by name and labels: the value of a counter, the number of observations
// of a histogram.
func gathered(t *testing.T, c prometheus.Collector) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(c); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := make(map[string]float64)
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			key := []string{family.GetName()}
			for _, label := range metric.GetLabel() {
				key = append(key, label.GetName()+"="+label.GetValue())
			}
			slices.Sort(key[1:])
			value := metric.GetCounter().GetValue()
			if h := metric.GetHistogram(); h != nil {
				value = float64(h.GetSampleCount())
			}
			values[strings.Join(key, " ")] = value
		}
	}
	return values
}

func wantValues(t *testing.T, got, want map[string]float64) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// counted are the values that are not 0.
func counted(all map[string]float64) map[string]float64 {
	some := make(map[string]float64)
	for key, value := range all {
		if value != 0 {
			some[key] = value
		}
	}
	return some
}
