package remote

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/fact"
	"github.com/seed-5b16f944/gatehouse/op/grant"
)

// TestThreat064_OnlyTrueIsTrue with status 200, as JSON, said once.
func TestThreat064_OnlyTrueIsTrue(t *testing.T) {
	for _, body := range []string{
		`{"active":"true"}`, `{"active":1}`, `{"active":null}`, `{"active":[true]}`, `{"active":{}}`, `{}`, `{"Active":true}`, `{"active ":true}`,
		`true`, `[{"active":true}]`, `"active"`, ``, `null`, `<html>active</html>`, `{"active":true}{}`, `{"active":true} x`, `{"active":true,}`,
		`{"active":false,"active":true}`, `{"active":true,"sub":"a","sub":"b"}`, "{\"active\":true,\"sub\":\"\xff\"}", `{"active":True}`,
		`{"active":true,"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
	} {
		s := newServer()
		s.say = func(string) string { return body }
		if found, err := newRemote(t, s, nil).Introspect(t.Context(), "good"); found != nil || !unavailable(err) || errors.Is(err, grant.ErrInactive) {
			t.Errorf("%.40s: %+v, %v", body, found, err)
		}
	}
	for mediaType, good := range map[string]bool{
		"application/json": true, "application/json; charset=utf-8": true, "Application/JSON": true, "text/html": false, "text/json": false, "": false,
		"application/jwt": false, "application/token-introspection+jwt": false, "application/json, text/html": false, "application/problem+json": false,
	} {
		s := newServer()
		s.mediaType = mediaType
		if found, err := newRemote(t, s, nil).Introspect(t.Context(), "good"); (err == nil) != good || !good && !unavailable(err) {
			t.Errorf("%q: %+v, %v", mediaType, found, err)
		}
	}
	s := newServer()
	s.say = func(token string) string { return about(token, map[string]string{"active": "false"}) }
	if found, err := newRemote(t, s, nil).Introspect(t.Context(), "good"); found != nil || !fact.SaysNo(err) {
		t.Errorf("a no with claims: %+v, %v", found, err)
	}
}

func TestMust077_WhatIsSaidOfATokenIsChecked(t *testing.T) {
	at := func(offset time.Duration) string { return fmt.Sprint(time.Now().Add(offset).Unix()) }
	for name, test := range map[string]struct {
		replaced map[string]string
		good     bool
		outage   bool
	}{
		"all of it":                {nil, true, false},
		"expired":                  {map[string]string{"exp": at(-time.Second)}, false, false},
		"not yet":                  {map[string]string{"nbf": at(time.Minute)}, false, false},
		"issued later":             {map[string]string{"iat": at(time.Minute)}, false, false},
		"exp as text":              {map[string]string{"exp": `"` + at(time.Minute) + `"`}, false, true},
		"exp as a fraction":        {map[string]string{"exp": at(time.Minute) + ".5"}, false, true},
		"exp beyond time":          {map[string]string{"exp": "9223372036854775808"}, false, true},
		"aud as a number":          {map[string]string{"aud": "1"}, false, true},
		"iss in an array":          {map[string]string{"iss": `["` + issuerID + `"]`}, false, true},
		"another issuer":           {map[string]string{"iss": `"https://other.example"`}, false, false},
		"no issuer":                {map[string]string{"iss": ""}, true, false},
		"no exp":                   {map[string]string{"exp": ""}, true, false},
		"bearer in small letters":  {map[string]string{"token_type": `"bearer"`}, true, false},
		"no token_type":            {map[string]string{"token_type": ""}, true, false},
		"a type that is another":   {map[string]string{"token_type": `"refresh_token"`}, false, false},
		"a type that is a number":  {map[string]string{"token_type": "1"}, false, false},
		"a type that is null":      {map[string]string{"token_type": "null"}, true, false},
		"used to refresh":          {map[string]string{"token_use": `"refresh_token"`}, false, false},
		"used for access":          {map[string]string{"token_use": `"access_token"`}, true, false},
		"refresh by typ":           {map[string]string{"typ": `"Refresh"`}, false, false},
		"offline by typ":           {map[string]string{"typ": `"Offline"`}, false, false},
		"an ID token by typ":       {map[string]string{"typ": `"ID"`}, false, false},
		"bearer by typ":            {map[string]string{"typ": `"Bearer"`}, true, false},
		"neither aud nor type":     {map[string]string{"aud": "", "token_type": ""}, false, false},
		"bound, and called bearer": {map[string]string{"cnf": `{"jkt":"x"}`}, false, false},
		"bound by a word":          {map[string]string{"cnf": `"y"`}, false, true},
	} {
		s := newServer()
		s.say = func(token string) string { return about(token, test.replaced) }
		found, err := newRemote(t, s, nil).Introspect(t.Context(), "good")
		switch {
		case test.good && (err != nil || found.Issuer != issuerID || found.TokenType != "Bearer"):
			t.Errorf("%s: %+v, %v", name, found, err)
		case !test.good && (found != nil || unavailable(err) != test.outage || fact.SaysNo(err) == test.outage):
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
}

func TestTokensWithoutAudience(t *testing.T) {
	s := newServer()
	s.say = func(token string) string { return about(token, map[string]string{"aud": ""}) }
	if found, err := newRemote(t, s, nil).Introspect(t.Context(), "good"); err != nil || found.Audience != nil {
		t.Errorf("%+v, %v", found, err)
	}
	trusting := newRemote(t, s, func(c *Config) { c.Audience = api })
	if found, err := trusting.Introspect(t.Context(), "good"); err != nil || len(found.Audience) != 1 || found.Audience[0] != api {
		t.Errorf("%+v, %v", found, err)
	}
	s.say = func(token string) string { return about(token, map[string]string{"aud": `["https://other.example"]`}) }
	if found, err := trusting.Introspect(t.Context(), "good2"); err != nil || found.Audience[0] != "https://other.example" {
		t.Errorf("what is told was not believed: %+v, %v", found, err)
	}
	s.say = func(token string) string { return about(token, map[string]string{"aud": "", "token_type": ""}) }
	if found, err := trusting.Introspect(t.Context(), "good3"); !fact.SaysNo(err) {
		t.Errorf("what may be a refresh token: %+v, %v", found, err)
	}
}

func TestTheSecretIsSentAsTheSpecificationSays(t *testing.T) {
	s := newServer()
	r := newRemote(t, s, func(c *Config) { c.ClientID, c.Secret = "gate:1", "100% & ü" })
	if _, err := r.Introspect(t.Context(), "good"); err != nil {
		t.Fatal(err)
	}
	pair, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s.last.Authorization, "Basic "))
	if err != nil || string(pair) != "gate%3A1:100%25+%26+%C3%BC" {
		t.Errorf("%q, %v", pair, err)
	}
	want := url.Values{"token": {"good"}, "token_type_hint": {"access_token"}}
	if got := s.form(); got.Encode() != want.Encode() || s.last.Accept != "application/json" {
		t.Errorf("%v, %s", got, s.last.Accept)
	}
}

func TestMust077_CredentialsAreNeverShown(t *testing.T) {
	config := standard()
	config.Secret = "canary-5f1c"
	s := newServer()
	s.err = fmt.Errorf("%w: 500", errors.New("refused"))
	_, err := New(config, s, time.Now).Introspect(t.Context(), "canary-token")
	for _, shown := range []string{fmt.Sprintf("%v %+v %#v %s", config, config, config, config.Secret), fmt.Sprint(err), fmt.Sprint(config.Check())} {
		if strings.Contains(shown, "canary") {
			t.Errorf("shown: %s", shown)
		}
	}
}

func TestFaultsOfAConfiguration(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"introspect: is missing":           func(c *Config) { c.Endpoint = "" },
		"introspect: is not an https URL":  func(c *Config) { c.Endpoint = "http://as.example/introspect" },
		"introspect: has user information": func(c *Config) { c.Endpoint = "https://a:b@as.example/introspect" },
		"introspect: has a fragment":       func(c *Config) { c.Endpoint = endpoint + "#a" },
		"client_id: is missing":            func(c *Config) { c.ClientID = "" },
		"secret: is missing":               func(c *Config) { c.Secret = "" },
		"cache: 2h0m0s is not between":     func(c *Config) { c.Cache = 2 * time.Hour },
		"cache: -1s is not between":        func(c *Config) { c.Cache = -time.Second },
		"signed: needs issuer":             func(c *Config) { c.Issuer, c.Signed = "", true },
		"issuer: is not an https URL":      func(c *Config) { c.Issuer = "as.example" },
		"algs: are those of signed":        func(c *Config) { c.Algs = []string{"ES256"} },
		`algs: "HS256" is not a signature`: func(c *Config) { c.Signed, c.Algs = true, []string{"HS256"} },
	} {
		config := standard()
		change(&config)
		if faults := config.Check(); len(faults) != 1 || !strings.HasPrefix(faults[0].Error(), want) {
			t.Errorf("%v, want %s", faults, want)
		}
	}
}
