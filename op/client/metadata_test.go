package client

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func readText(t *testing.T, text string) (Metadata, error) {
	t.Helper()
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	return ReadMetadata(object)
}

// Every member goes into JSON under its name and comes back, whatever is in it.
func TestMetadataSurvivesItsJSON(t *testing.T) {
	text := rapid.StringMatching(`[a-z åäö"<>\\]{1,12}`)
	lists := rapid.SliceOfN(text, 1, 3)
	rapid.Check(t, func(t *rapid.T) {
		var m Metadata
		for _, one := range m.members() {
			if rapid.Bool().Draw(t, "left out "+one.name) {
				continue
			}
			switch field := one.field.(type) {
			case *string:
				*field = text.Draw(t, one.name)
			case *[]string:
				*field = lists.Draw(t, one.name)
			case **bool:
				value := rapid.Bool().Draw(t, one.name)
				*field = &value
			case **int64:
				value := rapid.Int64().Draw(t, one.name)
				*field = &value
			case *json.RawMessage:
				*field = json.RawMessage(`{"keys":[]}`)
			default:
				t.Fatalf("%s has a type of its own", one.name)
			}
		}
		if rapid.Bool().Draw(t, "localized") {
			m.Localized = map[string]string{"client_name#ja": text.Draw(t, "client_name#ja"), "tos_uri#sr-Latn-RS": "x"}
		}
		kept, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var read Metadata
		if err := json.Unmarshal(kept, &read); err != nil {
			t.Fatalf("%s: %v", kept, err)
		}
		if diff := cmp.Diff(m, read); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", kept, diff)
		}
	})
}

func TestMetadataIgnoresWhatItDoesNotKnow(t *testing.T) {
	got, err := readText(t, `{"unheard_of":{"redirect_uris":["https://a.example"]},"client_name":null,"redirect_uris#sv":["https://a.example"],
		"jwks_uri":"","contacts":[],"contacts#sv":["a"],"client_name#sv":"","#":"x","":"y","client_id":"z"}`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{}, got.Members()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMetadataOfTheWrongTypeIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{"redirect_uris":{}}`:                                  "invalid_redirect_uri",
		`{"REDIRECT_URIS":[]}`:                                  "invalid_redirect_uri",
		`{"default_max_age":1.5}`:                               "invalid_client_metadata",
		`{"default_max_age":1e300}`:                             "invalid_client_metadata",
		`{"require_auth_time":"true"}`:                          "invalid_client_metadata",
		`{"grant_types":"authorization_code"}`:                  "invalid_client_metadata",
		`{"Jwks":{}}`:                                           "invalid_client_metadata",
		`{"client_name#":"x"}`:                                  "invalid_client_metadata",
		`{"client_name#a_b":"x"}`:                               "invalid_client_metadata",
		`{"client_name#sv#sv":"x"}`:                             "invalid_client_metadata",
		`{"logo_uri#-":"x"}`:                                    "invalid_client_metadata",
		`{"client_name#` + strings.Repeat("a-", 20) + `a":"x"}`: "invalid_client_metadata",
	} {
		_, err := readText(t, text)
		refused, ok := errors.AsType[*oauth.Error](err)
		if !ok || refused.Code != want || refused.Status != http.StatusBadRequest || strings.ContainsAny(refused.Description, `"\#`) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Without a scope a client has all that is open to it, also what is opened later; with one, no more than that.
func TestScopesAreThoseThatAreOpen(t *testing.T) {
	for _, at := range []struct{ registered, open, want string }{
		{"", "openid email", "openid email"},
		{"", "openid email tools:call", "openid email tools:call"},
		{"email tools:call", "openid email", "email"},
		{"email", "openid", ""},
	} {
		open, err := oauth.ParseScopes(at.open)
		if err != nil {
			t.Fatal(err)
		}
		c, err := Metadata{Scope: at.registered}.Client("x", open)
		if err != nil || c.Scopes.String() != at.want {
			t.Errorf("%q of %q: %v, %v", at.registered, at.open, c, err)
		}
	}
}

func TestAMaxAgeIsALengthOfTime(t *testing.T) {
	for seconds, want := range map[int64]time.Duration{0: 0, 60: time.Minute, -5: 0, 1 << 62: maxMaxAge * time.Second} {
		c, err := Metadata{DefaultMaxAge: &seconds}.Client("x", nil)
		if err != nil || c.DefaultMaxAge == nil || *c.DefaultMaxAge != want {
			t.Errorf("%d: %v, %v", seconds, c.DefaultMaxAge, err)
		}
	}
}

// TestThreat052_WhatAStrangerStoresIsBounded: also in the members that are kept for the client alone.
func TestThreat052_WhatAStrangerStoresIsBounded(t *testing.T) {
	negative := int64(-1)
	for name, at := range map[string]struct {
		m    Metadata
		good bool
	}{
		"as long as may be":   {Metadata{SoftwareID: strings.Repeat("x", maxName)}, true},
		"long software_id":    {Metadata{SoftwareID: strings.Repeat("x", maxName+1)}, false},
		"lines in a version":  {Metadata{SoftwareVersion: "1\n2"}, false},
		"too much together":   {Metadata{Contacts: slices.Repeat([]string{strings.Repeat("x", 1000)}, 33)}, false},
		"a negative max_age":  {Metadata{DefaultMaxAge: &negative}, false},
		"a software_id alone": {Metadata{SoftwareID: "4NRB1-0XZABZI9E6-5SM3R"}, true},
	} {
		if err := at.m.Check(); (err == nil) != at.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}
