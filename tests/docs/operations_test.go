package docs

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-5b16f944/gatehouse/caddymodule/guard"
	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/metrics"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

var metricName = regexp.MustCompile(`"(gatehouse_[a-z_]+)"`)

// operations is a section of docs/operations.md.
func operations(t *testing.T, title string) string {
	t.Helper()
	_, rest, found := strings.Cut(read(t, filepath.Join(root, "docs", "operations.md")), "\n## "+title+"\n")
	if !found {
		t.Fatalf("there is no section %q", title)
	}
	text, _, _ := strings.Cut(rest, "\n## ")
	return text
}

// rows are the first cells of the rows of all tables of a text, with the whole row.
func rows(text string) map[string]string {
	found := make(map[string]string)
	for line := range strings.Lines(text) {
		if name, rest, ok := strings.Cut(strings.TrimPrefix(line, "| `"), "` | "); ok && strings.HasPrefix(line, "| `") {
			found[name] = rest
		}
	}
	return found
}

// TestMetricsAreDescribed compares the table with the names in the source, both ways.
func TestMetricsAreDescribed(t *testing.T) {
	described := rows(operations(t, "Metrics"))
	var named []string
	for _, folder := range []string{"op/metrics", "caddymodule", "caddymodule/guard"} {
		files, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range metricName.FindAllStringSubmatch(string(text), -1) {
				named = append(named, match[1])
			}
		}
	}
	if len(named) < 10 {
		t.Fatalf("the source was not understood: %v", named)
	}
	for _, name := range named {
		if described[name] == "" {
			t.Errorf("%s is not described", name)
		}
	}
	for name := range described {
		if !slices.Contains(named, name) {
			t.Errorf("there is no %s", name)
		}
	}
}

// TestLabelsAreDescribed looks for every value that a label can have in the row of its metric. Those of events have a
// table of their own.
func TestLabelsAreDescribed(t *testing.T) {
	described := rows(operations(t, "Metrics"))
	all := metrics.NewSet()
	all.Provider("main")
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(all, guard.Metrics())
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for _, family := range families {
		row := described[family.GetName()]
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if !strings.Contains(row, "`"+label.GetName()+"`") {
					t.Errorf("%s: the label %s is not described", family.GetName(), label.GetName())
				}
				if label.GetName() == "provider" || label.GetName() == "event" {
					continue
				}
				looked++
				if !strings.Contains(row, "`"+label.GetValue()+"`") {
					t.Errorf("%s: %s=%s is not described", family.GetName(), label.GetName(), label.GetValue())
				}
			}
		}
	}
	if looked < 40 {
		t.Errorf("only %d labels", looked)
	}
}

// TestAuditEventsAreDescribed compares both tables with the code.
func TestAuditEventsAreDescribed(t *testing.T) {
	described := rows(operations(t, "Audit events"))
	full := audit.Event{Err: oauth.InvalidGrant("no", nil)}
	value := reflect.ValueOf(&full).Elem()
	for _, field := range value.Fields() {
		switch field.Kind() {
		case reflect.String:
			field.SetString("x")
		case reflect.Slice:
			field.Set(reflect.ValueOf([]string{"x"}))
		}
	}
	var known []string
	for _, name := range audit.Names {
		known = append(known, string(name))
	}
	for _, field := range full.Fields() {
		known = append(known, field.Name)
	}
	for _, name := range known {
		if described[name] == "" {
			t.Errorf("%s is not described", name)
		}
	}
	for name := range described {
		if !slices.Contains(known, name) {
			t.Errorf("there is no %s", name)
		}
	}
}
