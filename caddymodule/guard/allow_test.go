package guard

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op"
)

func TestWhoIsAllowed(t *testing.T) {
	diana, nobody, billing := person("diana"), person("diana"), service()
	nobody.Account, nobody.Claims = "", nil
	for name, tt := range map[string]struct {
		rules []Allow
		token *op.Token
		want  bool
	}{
		"no rules, a person":          {nil, diana, true},
		"no rules, a service":         {nil, billing, true},
		"a user":                      {[]Allow{{Users: []string{"babs", "diana-account"}}}, diana, true},
		"a user in another spelling":  {[]Allow{{Users: []string{" Diana-ACCOUNT "}}}, diana, true},
		"another user":                {[]Allow{{Users: []string{"babs"}}}, diana, false},
		"the sub is no user":          {[]Allow{{Users: []string{"diana"}}}, diana, false},
		"nobody's account":            {[]Allow{{Users: []string{"babs"}}}, nobody, false},
		"a group":                     {[]Allow{{Claim: "groups", Values: []string{"guests", "admins"}}}, diana, true},
		"another group":               {[]Allow{{Claim: "groups", Values: []string{"guests"}}}, diana, false},
		"a part of a group":           {[]Allow{{Claim: "groups", Values: []string{"adm", "admins,staff", "staffadmins"}}}, diana, false},
		"another case":                {[]Allow{{Claim: "groups", Values: []string{"Admins"}}}, diana, false},
		"a text":                      {[]Allow{{Claim: "name", Values: []string{"Diana Krall"}}}, diana, true},
		"a truth":                     {[]Allow{{Claim: "email_verified", Values: []string{"true"}}}, diana, true},
		"no truth":                    {[]Allow{{Claim: "email_verified", Values: []string{"false"}}}, diana, false},
		"no such claim":               {[]Allow{{Claim: "role", Values: []string{""}}}, diana, false},
		"no claims":                   {[]Allow{{Claim: "groups", Values: []string{"admins"}}}, nobody, false},
		"one of several rules":        {[]Allow{{Users: []string{"babs"}}, {Claim: "groups", Values: []string{"staff"}}}, diana, true},
		"none of several":             {[]Allow{{Users: []string{"babs"}}, {Claim: "groups", Values: []string{"x"}}, {Clients: []string{"web"}}}, diana, false},
		"a service by a user rule":    {[]Allow{{Users: []string{"billing"}}}, billing, false},
		"a service by a claim":        {[]Allow{{Claim: "groups", Values: []string{"staff"}}}, billing, false},
		"a service by name":           {[]Allow{{Clients: []string{"billing"}}}, billing, true},
		"another service":             {[]Allow{{Clients: []string{"web"}}}, billing, false},
		"a person's client by client": {[]Allow{{Clients: []string{"web"}}}, diana, false},
	} {
		a, err := newAllowed(tt.rules)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.has(tt.token); got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if new(allowed).has(diana) {
		t.Error("the zero value lets somebody pass")
	}
}

func TestWhatAClaimHolds(t *testing.T) {
	for _, tt := range []struct {
		claim any
		value string
		want  bool
	}{
		{[]string{"a", "b"}, "b", true},
		{json.Number("17"), "17", true},
		{17.5, "17.5", true},
		{int64(17), "17", true},
		{17, "17", true},
		{[]any{17.0, true, "x"}, "true", true},
		{[]any{[]any{"x"}}, "x", false},
		{map[string]any{"x": "x"}, "x", false},
		{nil, "", false},
		{"", "", true},
		{[]any{}, "", false},
		{17.0, "17.0", false},
	} {
		if got := holds(tt.claim, []string{tt.value}); got != tt.want {
			t.Errorf("%v holds %q: %t", tt.claim, tt.value, got)
		}
	}
}

func TestRulesAreChecked(t *testing.T) {
	for want, rule := range map[string]Allow{
		"names users, clients or the values": {},
		"a rule names":                       {Users: []string{"a"}, Clients: []string{"b"}},
		"goes with the values":               {Claim: "groups"},
		"goes with":                          {Values: []string{"x"}},
		`"iss" is not the name`:              {Claim: "iss", Values: []string{"x"}},
		`"scope" is not the name`:            {Claim: "scope", Values: []string{"x"}},
		`"acr" is not the name`:              {Claim: "acr", Values: []string{"x"}}, // that is step-up's to ask
		`"username" is not the name`:         {Claim: "username", Values: []string{"x"}},
		`"Sub" is not the name`:              {Claim: "Sub", Values: []string{"x"}},
		`"{env.X}" is not the name`:          {Claim: "{env.X}", Values: []string{"x"}},
		"a client id is empty":               {Clients: []string{""}},
		"is not the name of a user":          {Users: []string{"a", "two words"}},
	} {
		g := Guard{Audience: testAudience, Allow: []Allow{{Users: []string{"fine"}}, rule}}
		_, faults := g.check()
		if err := errors.Join(faults...); err == nil || !strings.Contains(err.Error(), "allow 2: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", rule, err)
		}
	}
}

func TestThreat062_TokensAreHeldAgainstTheRulesToo(t *testing.T) {
	provider := diana()
	g := assembled(t, Guard{Allow: []Allow{{Claim: "groups", Values: []string{"admins"}}}}, provider)
	stranger := person("babs", "orders:read")
	stranger.Claims = map[string]any{"groups": []any{"guests"}}
	provider.give("stranger", stranger)
	up := &upstream{}
	for token, want := range map[string]int{"good": 204, "stranger": 403, "service": 403} {
		r, _ := request("GET", "/orders", bearer(token))
		status, header := serve(g, r, up)
		if status != want {
			t.Errorf("%s: %d", token, status)
		}
		if want == http.StatusForbidden && (!strings.HasPrefix(header.Get("Www-Authenticate"), `Bearer realm="`+testAudience+`"`) || strings.Contains(header.Get("Www-Authenticate"), "error")) {
			t.Errorf("%s: %v", token, header)
		}
	}
	if up.hits.Load() != 1 {
		t.Errorf("%d hits", up.hits.Load())
	}
}
