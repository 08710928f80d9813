package caddymodule

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op"
)

func TestLogout(t *testing.T) {
	for block, want := range map[string]op.Logout{
		"":                            {},
		"logout":                      {},
		"logout {\n}":                 {},
		"logout {\n end offline\n}":   {EndOffline: true},
		"logout {\n\tend\toffline\n}": {EndOffline: true},
	} {
		p, err := parse(t, "{\nissuer https://id.example.com\n"+block+"\n}")
		if err != nil {
			t.Errorf("%q: %v", block, err)
			continue
		}
		config, faults := p.config("main")
		if diff := cmp.Diff(want, config.Logout); diff != "" || len(faults) > 0 {
			t.Errorf("%q: %v\n%s", block, faults, diff)
		}
	}
}

func TestLogoutFaults(t *testing.T) {
	for block, want := range map[string]string{
		"logout offline":                           "wrong argument count",
		"logout {\n end\n}":                        "wrong argument count",
		"logout {\n end session\n}":                "unknown value 'session' of end",
		"logout {\n end offline session\n}":        "wrong argument count",
		"logout {\n end offline\n end offline\n}":  "'end' stands twice",
		"logout {\n end offline {\n x\n}\n}":       "unexpected block",
		"logout {\n ends offline\n}":               "here it is 'end'",
		"logout {\n end offline\n}\nlogout {\n\n}": "'logout' stands twice",
	} {
		if _, err := parse(t, "{\nissuer https://id.example.com\n"+block+"\n}"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", block, err, want)
		}
	}
	p := &Provider{Issuer: "https://id.example.com", Logout: &Logout{End: "all"}}
	if _, faults := p.config("main"); len(faults) != 1 || faults[0].Error() != `logout: end: unknown value "all"` {
		t.Errorf("%v", faults)
	}
}
