package caddymodule

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func healthOf(t *testing.T, body string) healthAnswer {
	t.Helper()
	var answer healthAnswer
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return answer
}

func TestHealthIsReadyOnlyWithTheStore(t *testing.T) {
	s := newSite(t)
	if err := s.load(t, nil); err != nil {
		t.Fatal(err)
	}
	status, body := asAdmin(t, http.MethodGet, healthPath, "")
	well := readiness{Ready: true, Store: true, Keys: true, Listener: true}
	if diff := cmp.Diff(healthAnswer{true, []providerHealth{{"main", well}}}, healthOf(t, body), cmpopts.EquateComparable(providerHealth{})); diff != "" || status != http.StatusOK {
		t.Error(status, diff)
	}
	// The store goes away under a provider that runs.
	app, err := activeApp()
	if err != nil {
		t.Fatal(err)
	}
	held := app.instances["main"]
	sick := prepared(t, onFile(t.TempDir()+"/sick.db"))
	if _, err := sick.begun(); err != nil {
		t.Fatal(err)
	}
	if err := sick.life.leased.Close(); err != nil {
		t.Fatal(err)
	}
	app.instances["other"] = sick
	defer delete(app.instances, "other")
	status, body = asAdmin(t, http.MethodGet, healthPath, "")
	want := healthAnswer{false, []providerHealth{{"main", well}, {"other", readiness{Keys: true, Listener: true}}}}
	if diff := cmp.Diff(want, healthOf(t, body), cmpopts.EquateComparable(providerHealth{})); diff != "" || status != http.StatusServiceUnavailable {
		t.Error(status, diff)
	}
	if h := held.life.health(t.Context()); !h.Ready() {
		t.Errorf("one that is well is not ready: %+v", h)
	}
}

func TestAProviderThatHasNotBegunIsNotReady(t *testing.T) {
	i := prepared(t, onFile(t.TempDir()+"/state.db"))
	app := &App{instances: map[string]*instance{"main": i}}
	if diff := cmp.Diff([]providerHealth{{Name: "main"}}, app.health(t.Context()), cmpopts.EquateComparable(providerHealth{})); diff != "" {
		t.Error(diff)
	}
}

func TestHealthWithoutAProviderIsReady(t *testing.T) {
	status, body := asAdmin(t, http.MethodGet, healthPath, "")
	if diff := cmp.Diff("{\"ready\":true,\"providers\":[]}\n", body); diff != "" || status != http.StatusOK {
		t.Error(status, diff)
	}
}

func TestHealthIsOnlyRead(t *testing.T) {
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
		if status, _ := asAdmin(t, method, healthPath, ""); status != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, status)
		}
	}
}

func TestHealthCommandFailsWhenAProviderIsNotReady(t *testing.T) {
	const heading = "PROVIDER READY STORE KEYS LISTENER main"
	for _, test := range []struct {
		answer string
		want   string
		err    error
	}{
		{
			`{"providers":[{"name":"main","health":{"ready":true,"store":true,"keys":true,"listener":true}}]}`,
			heading + strings.Repeat(" yes", 4), nil,
		},
		{
			`{"providers":[{"name":"main","health":{"ready":false,"store":false,"keys":true,"listener":true}}]}`,
			heading + strings.Repeat(" no", 2) + strings.Repeat(" yes", 2), errNotReady,
		},
		{`{"providers":[{"name":"main"}]}`, heading + strings.Repeat(" no", 4), errNotReady},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(test.answer)) }))
		var out bytes.Buffer
		err := showHealth(adminClient{address: strings.TrimPrefix(server.URL, "http://")}, &out)
		server.Close()
		if got := strings.Join(strings.Fields(out.String()), " "); got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: %q, %v", test.answer, got, err)
		}
	}
}
