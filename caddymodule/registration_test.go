package caddymodule

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/caddymodule/guard"
	"github.com/seed-5b16f944/gatehouse/op"
)

func TestRegistrationIsRead(t *testing.T) {
	for text, want := range map[string]Registration{
		"registration off":                        {Mode: "off"},
		"registration open":                       {Mode: "open"},
		"registration open {\nmax 5\n}":           {Mode: "open", Max: 5},
		"registration token {env.INITIAL_ACCESS}": {Mode: "token", InitialAccessToken: "{env.INITIAL_ACCESS}"},
		"registration token {env.INITIAL_ACCESS} {\nquota 20 1h\nmax 500\nunused_for 7d\n}": {
			Mode: "token", InitialAccessToken: "{env.INITIAL_ACCESS}", Quota: 20, Window: caddy.Duration(time.Hour), Max: 500,
			UnusedFor: caddy.Duration(7 * 24 * time.Hour),
		},
	} {
		p, err := parse(t, "{\n"+text+"\n}")
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(&want, p.Registration); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestFaultyRegistrationIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"registration":                             "wrong argument count",
		"registration perhaps":                     "unknown value 'perhaps' of registration: off, open or token",
		"registration off now":                     "wrong argument count",
		"registration off {\nmax 5\n}":             "unexpected block",
		"registration open sesame-secret":          "open takes no token",
		"registration token":                       "token takes one initial access token",
		"registration token sesame-secret another": "token takes one initial access token",
		"registration open {\nquota 5\n}":          "wrong argument count",
		"registration open {\nquota none 1h\n}":    "quota: 'none' is not a number",
		"registration open {\nquota 0 1h\n}":       "quota: '0' is not a number",
		"registration open {\nquota 5 never\n}":    "quota: 'never' is not a length of time",
		"registration open {\nmax 0\n}":            "max: '0' is not a number",
		"registration open {\nmax\n}":              "wrong argument count",
		"registration open {\nmax 1 2\n}":          "wrong argument count",
		"registration open {\nunused_for 0s\n}":    "unused_for: '0s' is not a length of time",
		"registration open {\ntoken x\n}":          "unknown word 'token' in registration",
		"registration open\nregistration off":      "'registration' stands twice",
	} {
		_, err := parse(t, "{\n"+text+"\n}")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		} else if strings.Contains(err.Error(), "sesame-secret") {
			t.Errorf("%s: the token is in the error: %v", text, err)
		}
	}
}

func TestRegistrationIsTranslated(t *testing.T) {
	t.Setenv("INITIAL_ACCESS", "the initial access token")
	got, err := (&Registration{Mode: "token", InitialAccessToken: "{env.INITIAL_ACCESS}", Quota: 3, Window: caddy.Duration(time.Minute), Max: 4, UnusedFor: caddy.Duration(time.Hour)}).config()
	if err != nil || got.Mode != op.RegistrationToken || got.Quota != 3 || got.Window != time.Minute || got.Max != 4 || got.UnusedFor != time.Hour {
		t.Errorf("%+v, %v", got, err)
	}
	if right, err := got.InitialAccessToken.Verify("the initial access token"); err != nil || !right {
		t.Errorf("the token: %v", err)
	}
	if shown := fmt.Sprintf("%+v %#v", got, got); strings.Contains(shown, "the initial access token") {
		t.Error("the token is printed")
	}
	var none *Registration
	if got, err := none.config(); err != nil || got.On() {
		t.Errorf("%+v, %v", got, err)
	}
}

// An unset variable must not become a token that everybody has, and is one fault, not two.
func TestAnUnsetInitialAccessTokenIsOneFault(t *testing.T) {
	p := &Provider{Issuer: "https://id.example.com", Registration: &Registration{Mode: "token", InitialAccessToken: "{env.CERTAINLY_NOT_SET}"}}
	_, faults := p.config("main")
	if len(faults) != 1 || !strings.Contains(faults[0].Error(), "registration: token: {env.CERTAINLY_NOT_SET} is not set") {
		t.Errorf("%v", errors.Join(faults...))
	}
}

// A scope of a resource that is open to all is one that whoever registers can get.
func TestRegistrationMakesOpenScopesObtainable(t *testing.T) {
	resource := op.Resource{URI: "https://mcp.example.com", Scopes: []string{"tools:call"}, AnyClient: true}
	for _, registration := range []bool{false, true} {
		d := declared{registration: registration}
		d.configure("https://id.example.com", nil, nil)
		if err := d.add(guard.Declaration{Resource: resource, Needed: []string{"tools:call"}}); (err == nil) != registration {
			t.Errorf("registration %v: %v", registration, err)
		}
	}
	closed := resource
	closed.AnyClient = false
	d := declared{registration: true}
	d.configure("https://id.example.com", nil, nil)
	if err := d.add(guard.Declaration{Resource: closed, Needed: []string{"tools:call"}}); err == nil {
		t.Error("a closed resource is open to whoever registers")
	}
}
