package guard

import (
	"net/http"
	"reflect"
	"slices"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-5b16f944/gatehouse/op"
)

// decided is how often each outcome was counted so far.
func decided(t *testing.T) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(Metrics())
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]float64)
	for _, family := range families {
		if family.GetName() != "gatehouse_guard_decisions_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			all[metric.GetLabel()[0].GetValue()] = metric.GetCounter().GetValue()
		}
	}
	return all
}

// Guards of other tests are counted too, so this one is not parallel, and looks at what was added.
func TestEveryDecisionIsCountedOnce(t *testing.T) {
	provider := newFakeProvider()
	provider.give("good", person("alice", "orders:read"))
	provider.give("narrow", person("alice"))
	foreign := person("alice", "orders:read")
	foreign.Audience = []string{"https://other.example"}
	provider.give("foreign", foreign)
	g := assembled(t, Guard{
		Scopes: []string{"orders:read"}, Public: []string{"/health"}, Headers: map[string]string{"X-User-Id": "sub"},
	}, provider)
	for _, test := range []struct {
		path   string
		header http.Header
		want   string
	}{
		{"/orders", bearer("good"), "allowed"},
		{"/health", nil, "public"},
		{"/orders", nil, "no_token"},
		{"/orders", bearer("unknown"), "invalid_token"},
		{"/orders", bearer("foreign"), "invalid_token"},
		{"/orders", bearer("narrow"), "insufficient_scope"},
		{"/orders", http.Header{"Authorization": {"Bearer a", "Bearer b"}}, "invalid_request"},
		{"/a/%2e%2e/b", bearer("good"), "ambiguous_request"},
	} {
		before := decided(t)
		r, _ := request("GET", test.path, test.header)
		serve(g, r, caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return nil }))
		for outcome, n := range decided(t) {
			want := before[outcome]
			if outcome == test.want {
				want++
			}
			if n != want {
				t.Errorf("%s %v: %s is %g, want %g", test.path, test.header, outcome, n, want)
			}
		}
	}
}

// Every refusal has an outcome of its own: one that was forgotten would count as an outage.
func TestRefusalsHaveOutcomes(t *testing.T) {
	g := assembled(t, Guard{}, newFakeProvider())
	var seen []outcome
	for _, refusals := range []any{g.refusals, *g.rules.base} {
		value := reflect.ValueOf(refusals)
		for i := range value.NumField() {
			if value.Field(i).Type() != reflect.TypeFor[refusal]() {
				continue
			}
			name, got := value.Type().Field(i).Name, outcome(value.Field(i).FieldByName("outcome").Uint())
			if slices.Contains(seen, got) {
				t.Errorf("%s counts as another", name)
			}
			if (got == outcomeUnavailable) != (name == "unavailable") {
				t.Errorf("%s counts as %s", name, outcomes[got])
			}
			seen = append(seen, got)
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d refusals", len(seen))
	}
}

func TestThreat051_OutcomesAreAClosedList(t *testing.T) {
	for i, name := range outcomes {
		if name == "" || slices.Contains(outcomes[:i], name) {
			t.Errorf("outcome %d is %q", i, name)
		}
	}
	if n := len(decided(t)); n != len(outcomes) {
		t.Errorf("there are %d series", n)
	}
}

func TestADecisionCostsNoAllocation(t *testing.T) {
	provider := instant{newFakeProvider(), map[string]*op.Token{"good": person("alice", "orders:read")}}
	g := assembled(t, Guard{Scopes: []string{"orders:read"}}, provider)
	r, _ := request("GET", "/orders", http.Header{"Authorization": {"Bearer good"}})
	if n := testing.AllocsPerRun(100, func() {
		if d := g.decide(r); d.verdict != allowedWithToken {
			t.Fatal(d.cause)
		}
		count(outcomeAllowed)
	}); n != 0 {
		t.Errorf("%g allocations", n)
	}
}
