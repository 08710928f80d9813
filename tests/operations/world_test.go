package operations

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// registers opens registration beside everything else.
const registers = "registration open"

// started is a house that runs, in front of an upstream that answers everybody.
func started(t *testing.T, change func(*harness.House)) (*harness.Caddy, *harness.House) {
	t.Helper()
	house := harness.NewHouse(t, harness.Upstream(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	house.Provider = registers
	if change != nil {
		change(house)
	}
	return house.Start(t, t.TempDir()), house
}

// metrics reads the endpoint of the admin API: the value of every series of ours, under its name and labels as they
// stand there.
func metrics(t *testing.T, c *harness.Caddy) map[string]float64 {
	t.Helper()
	reply, err := harness.Read(http.Get(c.Admin + "/metrics"))
	if err != nil || reply.Status != http.StatusOK {
		t.Fatal(reply, err)
	}
	all := make(map[string]float64)
	for line := range strings.Lines(reply.Body) {
		at := strings.LastIndexByte(line, ' ')
		if !strings.HasPrefix(line, "gatehouse_") || at < 0 {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(line[at+1:]), 64)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all[line[:at]] = value
	}
	return all
}

// wantMetrics compares some of them.
func wantMetrics(t *testing.T, c *harness.Caddy, want map[string]float64) {
	t.Helper()
	all := metrics(t, c)
	for name, value := range want {
		if got, there := all[name]; !there || got != value {
			t.Errorf("%s is %g (there: %t), want %g", name, got, there, value)
		}
	}
}

// trail are the records of the audit log, in their order.
func trail(t *testing.T, c *harness.Caddy) []map[string]any {
	t.Helper()
	var records []map[string]any
	lines := bufio.NewScanner(strings.NewReader(c.Log(t)))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var record map[string]any
		if json.Unmarshal(lines.Bytes(), &record) == nil && record["logger"] == "openid_provider.audit" {
			records = append(records, record)
		}
	}
	return records
}

// without is a record without what is random or changes from run to run.
func without(record map[string]any) map[string]any {
	kept := make(map[string]any)
	for name, value := range record {
		switch name {
		case "ts", "logger", "level", "session_id", "grant_id", "kid", "client_ip":
			continue
		}
		kept[name] = value
	}
	return kept
}
